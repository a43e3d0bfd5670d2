// Sends one admin command to a MongoDB server and prints its reply as JSON; exits with 1 where it failed. There is no shell
// beside the server, and this needs of the protocol only one message each way.
// usage: node command.mjs PORT '{"hello": 1}'
import net from "node:net";

const OP_MSG = 2013;

const cstring = (text) => Buffer.from(`${text}\0`);
const int32 = (value) => { const bytes = Buffer.alloc(4); bytes.writeInt32LE(value); return bytes; };

function element(key, value) {
  const tagged = (tag, ...body) => Buffer.concat([Buffer.from([tag]), cstring(key), ...body]);
  if (typeof value === "string") return tagged(2, int32(Buffer.byteLength(value) + 1), cstring(value));
  if (typeof value === "boolean") return tagged(8, Buffer.from([Number(value)]));
  if (typeof value === "number") return tagged(16, int32(value));
  return tagged(Array.isArray(value) ? 4 : 3, encode(value));
}

function encode(document) {
  const body = Buffer.concat(Object.entries(document).map(([key, value]) => element(key, value)));
  return Buffer.concat([int32(body.length + 5), body, Buffer.from([0])]);
}

function decode(bytes) {
  const document = {};
  let at = 4;
  const take = (length) => bytes.subarray(at, (at += length));
  while (bytes[at] !== 0) {
    const tag = take(1)[0];
    const end = bytes.indexOf(0, at);
    const key = take(end - at).toString();
    at += 1;
    document[key] = value(tag);
  }
  return document;

  function value(tag) {
    const sized = () => take(bytes.readInt32LE(at));
    switch (tag) {
      case 1: return take(8).readDoubleLE();
      case 2: return take(take(4).readInt32LE()).subarray(0, -1).toString();
      case 3: return decode(sized());
      case 4: return Object.values(decode(sized()));
      case 5: return take(take(4).readInt32LE() + 1).subarray(1).toString("hex");
      case 7: return take(12).toString("hex");
      case 8: return take(1)[0] === 1;
      case 9: case 17: case 18: return Number(take(8).readBigInt64LE());
      case 10: return null;
      case 16: return take(4).readInt32LE();
      default: throw new Error(`a value of type ${tag} in the reply`);
    }
  }
}

function ask(port, command) {
  const body = Buffer.concat([int32(0), Buffer.from([0]), encode({ ...command, $db: "admin" })]);
  const message = Buffer.concat([int32(16 + body.length), int32(1), int32(0), int32(OP_MSG), body]);
  return new Promise((resolve, reject) => {
    let reply = Buffer.alloc(0);
    const socket = net.connect(port, "127.0.0.1", () => socket.write(message));
    socket.setTimeout(10_000, () => socket.destroy(new Error("no reply in time")));
    socket.on("error", reject);
    socket.on("data", (bytes) => {
      reply = Buffer.concat([reply, bytes]);
      if (reply.length < 4 || reply.length < reply.readInt32LE()) return;
      socket.destroy();
      resolve(decode(reply.subarray(21)));
    });
  });
}

const [port, command] = process.argv.slice(2);
try {
  const reply = await ask(Number(port), JSON.parse(command));
  console.log(JSON.stringify(reply));
  process.exitCode = reply.ok === 1 ? 0 : 1;
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
