// Reads the files of a ZIP archive that somebody chose, on their own machine. Believes nothing: sizes, sums and names are checked.

import { DoesNotFit, NotAnExport } from "./verify_errors.js";

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const COMMENT_MOST = 0xffff;
const STORED = 0;
const DEFLATED = 8;
/** What the service packs is a tenth of this. */
export const FILE_MOST_BYTES = 1_500_000_000;

/**
 * @typedef {object} Packed
 * @property {number} method
 * @property {number} sum
 * @property {number} packedBytes
 * @property {number} bytes
 * @property {number} place
 */

/**
 * The texts of these files, in this order. Throws NotAnExport, and DoesNotFit when a file is there twice.
 *
 * @param {ArrayBuffer} archive
 * @param {readonly string[]} names
 * @returns {Promise<string[]>}
 */
export async function textsOf(archive, names) {
  const entries = entriesOf(new DataView(archive));
  const texts = [];
  for (const name of names) {
    const entry = entries.get(name);
    if (entry === undefined) throw new NotAnExport(`there is no ${name} in it`);
    texts.push(decoded(await unpacked(archive, entry)));
  }
  return texts;
}

/**
 * @param {DataView} view
 * @returns {Map<string, Packed>}
 */
function entriesOf(view) {
  const end = endOf(view);
  const count = view.getUint16(end + 10, true);
  let place = view.getUint32(end + 16, true);
  const entries = new Map();
  for (let number = 0; number < count; number += 1) {
    if (place + 46 > view.byteLength || view.getUint32(place, true) !== ENTRY) throw new NotAnExport("its list of files is damaged");
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => view.getUint16(place + offset, true));
    const name = decoded(new Uint8Array(view.buffer, view.byteOffset + place + 46, nameBytes));
    if (entries.has(name)) throw new DoesNotFit("a file is in the archive twice");
    entries.set(name, {
      method: view.getUint16(place + 10, true),
      sum: view.getUint32(place + 16, true),
      packedBytes: view.getUint32(place + 20, true),
      bytes: view.getUint32(place + 24, true),
      place: view.getUint32(place + 42, true),
    });
    place += 46 + (nameBytes ?? 0) + (extraBytes ?? 0) + (commentBytes ?? 0);
  }
  return entries;
}

/** @param {DataView} view */
function endOf(view) {
  const first = Math.max(0, view.byteLength - END_BYTES - COMMENT_MOST);
  for (let place = view.byteLength - END_BYTES; place >= first; place -= 1) if (view.getUint32(place, true) === END) return place;
  throw new NotAnExport("it is no ZIP archive");
}

/**
 * @param {ArrayBuffer} archive
 * @param {Packed} entry
 */
async function unpacked(archive, entry) {
  if (entry.bytes > FILE_MOST_BYTES) throw new NotAnExport("a file in it is too large");
  const view = new DataView(archive);
  if (entry.place + 30 > archive.byteLength || view.getUint32(entry.place, true) !== LOCAL) throw new NotAnExport("a file in it is damaged");
  const start = entry.place + 30 + view.getUint16(entry.place + 26, true) + view.getUint16(entry.place + 28, true);
  if (start + entry.packedBytes > archive.byteLength) throw new NotAnExport("a file in it is cut off");
  const packed = new Uint8Array(archive, start, entry.packedBytes);
  const content = entry.method === STORED ? packed : entry.method === DEFLATED ? await inflated(packed, entry.bytes) : null;
  if (content === null) throw new NotAnExport("a file in it is packed in a way that is not known here");
  if (content.length !== entry.bytes || sumOf(content) !== entry.sum) throw new NotAnExport("a file in it is damaged");
  return content;
}

/**
 * @param {Uint8Array<ArrayBuffer>} packed
 * @param {number} bytes
 */
async function inflated(packed, bytes) {
  const content = new Uint8Array(bytes);
  let filled = 0;
  try {
    const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      content.set(piece.value, filled);
      filled += piece.value.length;
    }
  } catch {
    throw new NotAnExport("a file in it is damaged");
  }
  return filled === bytes ? content : content.subarray(0, filled);
}

/** @param {Uint8Array} bytes */
function decoded(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NotAnExport("a file in it is no text");
  }
}

const SUMS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});

/**
 * CRC-32.
 *
 * @param {Uint8Array} bytes
 */
function sumOf(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = /** @type {number} */ (SUMS[(sum ^ byte) & 0xff]) ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}
