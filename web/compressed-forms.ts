import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Text. Pictures and fonts are compressed as they are, and the server writes into documents before it sends them. */
const compressible = /\.(?:js|css|svg|txt|json|webmanifest)$/;

/** Below this there is next to nothing to gain. Bytes. */
const smallest = 512;

/** A form larger than this share of the file costs a phone more to read than it saves. */
const worthwhile = 0.9;

const forms = [
  { suffix: ".br", compress: brotli, decompress: brotliDecompressSync },
  {
    suffix: ".gz",
    compress: (content: Buffer) => gzipSync(content, { level: 9 }),
    decompress: gunzipSync,
  },
];

/**
 * Writes the Brotli and gzip form of each built file next to it, at the highest quality, which would take a server
 * seconds for each response. The server picks the form that a browser accepts (api/representation.go).
 */
export function compressedForms(): Plugin {
  let directory: string;
  return {
    name: "compressed-forms",
    apply: "build",
    configResolved({ root, build }) {
      directory = resolve(root, build.outDir);
    },
    closeBundle() {
      for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
        if (entry.isFile() && compressible.test(entry.name)) writeForms(join(entry.parentPath, entry.name));
      }
    },
  };
}

function writeForms(path: string): void {
  const content = readFileSync(path);
  if (content.length < smallest) return;
  for (const { suffix, compress, decompress } of forms) {
    const compressed = compress(content);
    if (compressed.length > content.length * worthwhile) continue;
    if (!decompress(compressed).equals(content))
      throw new Error(`${path}${suffix} does not decompress to the file`);
    writeFileSync(path + suffix, compressed);
  }
}

function brotli(content: Buffer): Buffer {
  return brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
}
