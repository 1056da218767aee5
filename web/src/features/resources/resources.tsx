// Everything about Vector, Search and QStash is one file, which only installations that offer them load.
export { CreatePage } from "./create-page";
export { DetailPage } from "./detail-page";
export { ResourceSections } from "./sections";
