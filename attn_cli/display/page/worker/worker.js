// The worker: it unpacks the model as its blocks arrive, then translates whatever was asked last.

const ALIGNMENT = 16; // bytes at whose multiples the parts of the model begin
const PATIENCE = 30; // milliseconds of work after which messages are let in

const channel = new MessageChannel();
let [latest, translator, memory, stream, unpacking, position, awaited] = [0, null, null, null, null, 0, 0];

// Returns the bytes of a block, of which every character holds seven bits, in its lower ones.
function unpacked(text) {
  const bytes = new Uint8Array((text.length / 8) * 7);
  for (let from = 0, to = 0; from < text.length; from += 8) {
    let [bits, count] = [0, 0];
    for (let index = from; index < from + 8; index++) {
      bits = (bits << 7) | (text.charCodeAt(index) & 0x7f);
      count += 7;
      if (count >= 8) bytes[to++] = (bits >> (count -= 8)) & 0xff;
    }
  }
  return bytes;
}

// Begins to unpack a model of `size` bytes, from `compressed` ones, into the memory of WebAssembly.
function begin({ size, compressed }) {
  const { readable, writable } = new DecompressionStream("gzip");
  memory = new WebAssembly.Memory({ initial: Math.ceil(size / 65536) });
  [stream, awaited] = [writable.getWriter(), compressed];
  unpacking = read(readable.getReader(), new Uint8Array(memory.buffer));
  unpacking.catch(() => {}); // awaited, and so reported, in `load`
}

async function read(reader, model) {
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    model.set(next.value, position);
    position += next.value.length;
  }
}

// Adds a block; it may come before the one before it has been unpacked, as the stream keeps their order.
function block({ text }) {
  const bytes = unpacked(text).subarray(0, awaited); // the last block is filled up
  awaited -= bytes.length;
  stream.write(bytes).catch(() => {});
}

// Makes the translator when the last block has come.
async function load({ size }) {
  await Promise.all([stream.close(), unpacking]);
  if (position !== size) throw new Error(`${position} bytes instead of ${size}`);
  const length = new DataView(memory.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(memory.buffer, 4, length)));
  const products = new Products(memory, header.widest);
  let next = 4 + length;
  const take = (bytes) => (next = Math.ceil(next / ALIGNMENT) * ALIGNMENT + bytes) - bytes; // where a part begins
  const floats = (count) => new Float32Array(memory.buffer, take(4 * count), count);
  const tensors = {};
  for (const [name, rows, columns, stride] of header.tensors) {
    tensors[name] = columns ? { rows, columns, stride, scale: floats(rows), begin: take(rows * stride) } : floats(rows);
  }
  const { pieces, types, table } = header.tokenizer;
  const scores = floats(pieces.length);
  const tokenizer = new Tokenizer(pieces, scores, types, new Uint8Array(memory.buffer, take(table), table).slice());
  translator = new Translator(new Engine({ config: header.config, tensors, products }), tokenizer, header.rules);
  postMessage({ kind: "ready" });
}

async function translate({ id, lines, config }) {
  latest = id;
  let since = performance.now();
  const begun = since;
  const pause = async () => {
    if (performance.now() - since < PATIENCE) return;
    const turn = new Promise((resolve) => (channel.port1.onmessage = resolve));
    channel.port2.postMessage(null);
    await turn;
    since = performance.now();
    if (latest !== id) throw new Replaced();
  };
  for (const [index, line] of lines.entries()) {
    const translation = await translator.translate(line, config, pause);
    await pause();
    postMessage({ kind: "line", id, index, ...translation });
  }
  postMessage({ kind: "done", id, milliseconds: performance.now() - begun });
}

class Replaced extends Error {}
const TASKS = { begin, block, load, translate };

onmessage = async ({ data }) => {
  try {
    await TASKS[data.kind](data);
  } catch (error) {
    if (!(error instanceof Replaced)) postMessage({ kind: "error", message: String(error.message ?? error) });
  }
};
