// One request and its reply over TCP, for protocols whose messages tell their own length. The servers here come without their
// clients, and what the scripts ask of them takes a message or two.
import net from "node:net";

// A keyspace goes slowly on a machine that is busy.
const PATIENCE_MS = 60_000;

export const int8 = (value) => Buffer.from([value & 0xff]);
export const int16 = (value) => { const bytes = Buffer.alloc(2); bytes.writeInt16BE(value); return bytes; };
export const int32 = (value) => { const bytes = Buffer.alloc(4); bytes.writeInt32BE(value); return bytes; };
export const text16 = (text) => Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)]);
export const text32 = (text) => Buffer.concat([int32(Buffer.byteLength(text)), Buffer.from(text)]);

// Reads a reply from its beginning to its end.
export class Reader {
  constructor(bytes) { this.bytes = bytes; this.at = 0; }
  take(length) { return this.bytes.subarray(this.at, (this.at += length)); }
  int8() { return this.take(1).readInt8(); }
  int16() { return this.take(2).readInt16BE(); }
  int32() { return this.take(4).readInt32BE(); }
  text16() { const length = this.int16(); return length < 0 ? null : this.take(length).toString(); }
  array(item) { return Array.from({ length: Math.max(0, this.int32()) }, () => item(this)); }
}

// A connection, to PORT of this host or to HOST:PORT, that sends one message at a time; `lengthOf` gives a reply's whole length once its beginning is there.
export async function connect(place, lengthOf) {
  const [port, host = "127.0.0.1"] = String(place).split(":").reverse();
  const socket = net.connect(port, host);
  let received = Buffer.alloc(0);
  let wake = () => {};
  let error = null;
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error("no reply in time")));
  socket.on("data", (bytes) => { received = Buffer.concat([received, bytes]); wake(); });
  socket.on("error", (found) => { error = found; wake(); });
  socket.on("close", () => { error ??= new Error("the server closed the connection"); wake(); });
  async function ask(message) {
    socket.write(message);
    for (;;) {
      const length = lengthOf(received);
      if (length !== null && received.length >= length) {
        const reply = received.subarray(0, length);
        received = received.subarray(length);
        return reply;
      }
      if (error) throw error;
      await new Promise((resolve) => { wake = resolve; });
    }
  }
  return { ask, close: () => socket.destroy() };
}

// Runs a script's work; what goes wrong is a sentence and 1.
export async function main(work) {
  try {
    await work(...process.argv.slice(2));
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}
