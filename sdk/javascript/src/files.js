import { randomText } from "./random.js";

const CHUNK = 256 * 1024;

/** A file to send as a Blob with a name: from a File, Blob, buffer, or `{ path }` on Node (read piece by piece). */
export async function blobOf(source, fileName) {
  if (source && typeof source === "object" && typeof source.path === "string" && !(source instanceof Blob)) {
    const { openAsBlob } = await import("node:fs");
    return { blob: await openAsBlob(source.path), name: fileName ?? source.path.split(/[\\/]/).pop() };
  }
  if (source instanceof Blob) return { blob: source, name: fileName ?? source.name ?? "file" };
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    return { blob: new Blob([source]), name: fileName ?? "file" };
  }
  throw new TypeError("give a file as File, Blob, ArrayBuffer, typed array, or { path } on Node");
}

/** The platform takes a pair of quotation marks around form values off; one with its own needs another. */
function textOf(value) {
  if (typeof value !== "string") return JSON.stringify(value);
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? `"${value}"` : value;
}

/** The body of an upload without progress: the platform's own form, which streams blobs. */
export function formOf(fields, file, { blob, name }) {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) {
    if (value !== null) form.append(field, textOf(value));
  }
  form.append(file, blob, name);
  return form;
}

/** The same body as a stream that tells how far it is (RFC 7578), for Node, where fetch doesn't. */
export function streamOf(fields, file, { blob, name }, onProgress) {
  const boundary = randomText();
  const encoder = new TextEncoder();
  const part = (rest) => `--${boundary}\r\nContent-Disposition: form-data; ${rest}\r\n`;
  let head = "";
  for (const [field, value] of Object.entries(fields)) {
    if (value === null) continue;
    head += part(`name="${field}"`) + `\r\n${textOf(value)}\r\n`;
  }
  const escaped = name.replace(/"/g, "%22").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
  head += part(`name="${file}"; filename="${escaped}"`) + "Content-Type: application/octet-stream\r\n\r\n";
  async function* pieces() {
    yield encoder.encode(head);
    for (let start = 0; start < blob.size; start += CHUNK) {
      yield new Uint8Array(await blob.slice(start, start + CHUNK).arrayBuffer());
      onProgress(Math.min(start + CHUNK, blob.size), blob.size);
    }
    yield encoder.encode(`\r\n--${boundary}--\r\n`);
  }
  return { body: ReadableStream.from(pieces()), type: `multipart/form-data; boundary=${boundary}` };
}

/** A file on its way down. Read it once: as `stream`, or with `bytes()`, `blob()` or `text()`. */
export class Download {
  #response;
  constructor(response, onProgress) {
    this.#response = response;
    this.contentType = response.headers.get("content-type") ?? "";
    const length = response.headers.get("content-length");
    this.size = length === null ? null : Number(length);
    this.fileName = fileName(response.headers.get("content-disposition") ?? "");
    this.stream = onProgress && response.body ? counted(response.body, this.size, onProgress) : response.body;
  }
  /** All of it, as a Uint8Array. */
  async bytes() {
    return new Uint8Array(await new Response(this.stream).arrayBuffer());
  }
  /** All of it, as a Blob of its type. */
  async blob() {
    return new Blob([await this.bytes()], { type: this.contentType });
  }
  /** All of it, as text in UTF-8. */
  text() {
    return new Response(this.stream).text();
  }
}

function counted(stream, size, onProgress) {
  let done = 0;
  const counter = new TransformStream({
    transform(chunk, controller) {
      done += chunk.byteLength;
      onProgress(done, size);
      controller.enqueue(chunk);
    },
  });
  return stream.pipeThrough(counter);
}

/** The name in a Content-Disposition header (RFC 6266), without any folder. */
function fileName(disposition) {
  const extended = /filename\*=UTF-8''([^;]+)/i.exec(disposition);
  const plain = /filename="((?:[^"\\]|\\.)*)"/i.exec(disposition);
  const name = extended ? decodeURIComponent(extended[1]) : (plain?.[1].replace(/\\(.)/g, "$1") ?? "file");
  return name.split(/[\\/]/).pop() || "file";
}
