// Sends statements to a Cassandra server, one after the other; rows are not printed.
// usage: node cassandra.mjs PORT STATEMENT...
import { connect, int8, int16, int32, main, Reader, text16, text32 } from "./message.mjs";

const VERSION = 4;
const [ERROR, STARTUP, QUERY] = [0, 1, 7];
const ONE = 1;
const HEADER = 9;

const frame = (opcode, body) => Buffer.concat([int8(VERSION), int8(0), int16(0), int8(opcode), int32(body.length), body]);

async function ask(server, opcode, body) {
  const reply = new Reader(await server.ask(frame(opcode, body)));
  reply.take(4);
  const answered = reply.int8();
  reply.int32();
  if (answered !== ERROR) return;
  reply.int32();
  throw new Error(reply.text16());
}

await main(async (port, ...statements) => {
  const server = await connect(Number(port), (bytes) => (bytes.length < HEADER ? null : HEADER + bytes.readInt32BE(5)));
  try {
    await ask(server, STARTUP, Buffer.concat([int16(1), text16("CQL_VERSION"), text16("3.0.0")]));
    for (const statement of statements) await ask(server, QUERY, Buffer.concat([text32(statement), int16(ONE), int8(0)]));
  } finally {
    server.close();
  }
});
