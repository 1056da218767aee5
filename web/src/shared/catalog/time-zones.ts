/** A point on the earth: degrees north and degrees east. */
export type Point = readonly [north: number, east: number];

/** Where the data centers of Upstash's regions are, to the degree. */
export const regionPoints: Readonly<Record<string, Point>> = {
  "us-east-1": [39, -77],
  "us-east-2": [40, -83],
  "us-west-1": [37, -122],
  "us-west-2": [46, -120],
  "ca-central-1": [46, -74],
  "eu-central-1": [50, 9],
  "eu-west-1": [53, -6],
  "eu-west-2": [52, 0],
  "sa-east-1": [-24, -47],
  "ap-south-1": [19, 73],
  "ap-northeast-1": [36, 140],
  "ap-southeast-1": [1, 104],
  "ap-southeast-2": [-34, 151],
  "af-south-1": [-34, 18],
  "us-central1": [41, -96],
  "us-east4": [39, -77],
  "europe-west1": [50, 4],
  "asia-northeast1": [36, 140],
};

/**
 * Time zones of the IANA database by area, each area with a point in its middle. A name that ends in a slash stands for
 * all zones that begin with it. The first match counts. Browsers report some zones by an older name.
 */
const areas: readonly (readonly [Point, string])[] = [
  [[53, -7], "Europe/Dublin Atlantic/Reykjavik Atlantic/Faroe"],
  [[52, 0], "Europe/London Europe/Jersey Europe/Guernsey Europe/Isle_of_Man"],
  [[40, -5], "Europe/Madrid Europe/Lisbon Europe/Gibraltar Europe/Andorra Africa/Ceuta Atlantic/Canary"],
  [[36, -8], "Africa/Casablanca Africa/El_Aaiun Atlantic/Madeira Atlantic/Azores"],
  [[49, 2], "Europe/Paris Europe/Brussels Europe/Amsterdam Europe/Luxembourg Europe/Monaco"],
  [[50, 10], "Europe/ Arctic/Longyearbyen Asia/Istanbul"],
  [[34, 20], "Africa/Algiers Africa/Tunis Africa/Tripoli Africa/Cairo"],
  [
    [12, -5],
    "Africa/Lagos Africa/Accra Africa/Abidjan Africa/Dakar Africa/Bamako Africa/Niamey Africa/Monrovia",
  ],
  [
    [-28, 26],
    "Africa/Johannesburg Africa/Harare Africa/Maputo Africa/Lusaka Africa/Gaborone Africa/Windhoek",
  ],
  [[-2, 36], "Africa/Nairobi Africa/Kampala Africa/Dar_es_Salaam Africa/Kigali Africa/Addis_Ababa"],
  [[33, 36], "Asia/Jerusalem Asia/Tel_Aviv Asia/Beirut Asia/Amman Asia/Damascus Asia/Nicosia Asia/Gaza"],
  [[41, 46], "Asia/Tbilisi Asia/Yerevan Asia/Baku"],
  [
    [25, 53],
    "Asia/Dubai Asia/Muscat Asia/Riyadh Asia/Qatar Asia/Bahrain Asia/Kuwait Asia/Baghdad Asia/Tehran",
  ],
  [[23, 77], "Asia/Kolkata Asia/Calcutta Asia/Karachi Asia/Colombo Asia/Kathmandu Asia/Katmandu Asia/Dhaka"],
  [[40, 70], "Asia/Tashkent Asia/Samarkand Asia/Almaty Asia/Bishkek Asia/Dushanbe Asia/Ashgabat Asia/Kabul"],
  [[8, 106], "Asia/Singapore Asia/Kuala_Lumpur Asia/Jakarta Asia/Bangkok Asia/Ho_Chi_Minh Asia/Saigon"],
  [
    [12, 108],
    "Asia/Manila Asia/Hong_Kong Asia/Macau Asia/Phnom_Penh Asia/Vientiane Asia/Yangon Asia/Rangoon",
  ],
  [[29, 121], "Asia/Shanghai Asia/Taipei"],
  [[37, 135], "Asia/Tokyo Asia/Seoul Asia/Pyongyang Asia/Vladivostok Asia/Sakhalin Pacific/Guam"],
  [[-33, 147], "Australia/"],
  [[-39, 175], "Pacific/Auckland Pacific/Fiji"],
  [[21, -158], "Pacific/Honolulu"],
  [[58, -140], "America/Anchorage America/Juneau America/Whitehorse"],
  [[49, -122], "America/Vancouver"],
  [[36, -119], "America/Los_Angeles America/Tijuana"],
  [[33, -112], "America/Phoenix America/Hermosillo"],
  [[42, -107], "America/Denver America/Boise America/Edmonton America/Regina"],
  [[40, -90], "America/Chicago America/Winnipeg America/Menominee"],
  [[41, -85], "America/Detroit America/Indiana/ America/Indianapolis America/Kentucky/ America/Louisville"],
  [[45, -76], "America/Toronto America/Montreal America/Halifax America/Moncton America/St_Johns"],
  [[40, -76], "America/New_York"],
  [[20, -98], "America/Mexico_City America/Monterrey America/Merida America/Cancun America/Guatemala"],
  [[11, -78], "America/Costa_Rica America/El_Salvador America/Tegucigalpa America/Managua America/Panama"],
  [[14, -72], "America/Bogota America/Caracas America/Guayaquil America/Havana America/Jamaica"],
  [[18, -68], "America/Puerto_Rico America/Santo_Domingo America/Port-au-Prince Atlantic/Bermuda"],
  [
    [-23, -50],
    "America/Sao_Paulo America/Fortaleza America/Recife America/Bahia America/Belem America/Manaus",
  ],
  [
    [-28, -60],
    "America/Argentina/ America/Buenos_Aires America/Montevideo America/Asuncion America/Santiago",
  ],
  [[-14, -72], "America/Lima America/La_Paz"],
];

/** A point in the area of a time zone, or undefined if the table does not have it. */
export function pointOf(timeZone: string): Point | undefined {
  const area = areas.find(([, zones]) =>
    zones.split(" ").some((zone) => (zone.endsWith("/") ? timeZone.startsWith(zone) : timeZone === zone)),
  );
  return area?.[0];
}
