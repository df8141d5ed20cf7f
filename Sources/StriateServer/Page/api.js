// What this page asks of the program.

/** An answer that says no: its message tells who, expected and found. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Refused(0, "The program does not answer: is striate serve still running?");
  }
  if (answer.ok) return answer;
  let message = `${answer.status} ${answer.statusText}`;
  try { message = (await answer.json()).error; } catch { /* no JSON: the status says it */ }
  throw new Refused(answer.status, message);
}

const address = (path, query) => query ? `${path}?${new URLSearchParams(query)}` : path;

export const getJSON = async (path, query) => (await ask(address(path, query))).json();

export const postJSON = async (path, value) => (await ask(path, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value ?? {}),
})).json();

export const postBytes = async (path, query, bytes) =>
  ask(address(path, query), {
    method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: bytes,
  });

/** JSON and numbers in one answer: see Documentation/Page.md. */
export async function frame(answer) {
  const buffer = await answer.arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const start = 4 + length;
  return {
    ...header,
    floats: new Float32Array(buffer, start, header.floats),
    bytes: new Uint8Array(buffer, start + 4 * header.floats, header.bytes),
  };
}

export const getFrame = async (path, query) => frame(await ask(address(path, query)));
export const postFrame = async (path, query, bytes) => frame(await postBytes(path, query, bytes));
