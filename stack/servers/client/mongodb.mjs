// Sends one command to a MongoDB server and prints its reply as JSON; fails where the server says that it did.
// usage: node mongodb.mjs PORT '{"hello": 1}' [DATABASE]
import { connect, main } from "./message.mjs";

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
    const key = take(bytes.indexOf(0, at) - at).toString();
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

await main(async (port, command, database = "admin") => {
  const server = await connect(Number(port), (bytes) => (bytes.length < 4 ? null : bytes.readInt32LE()));
  const body = Buffer.concat([int32(0), Buffer.from([0]), encode({ ...JSON.parse(command), $db: database })]);
  const reply = await server.ask(Buffer.concat([int32(16 + body.length), int32(1), int32(0), int32(OP_MSG), body]));
  server.close();
  const document = decode(reply.subarray(21));
  console.log(JSON.stringify(document));
  if (document.ok !== 1) throw new Error(document.errmsg ?? "the command failed");
});
