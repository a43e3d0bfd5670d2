// Sends statements to a Cassandra server, one after the other; rows are not printed.
// usage: node cassandra.mjs [HOST:]PORT STATEMENT...      CASSANDRA_LOGIN is `user:password` where the server asks who it is
import { connect, int8, int16, int32, main, Reader, text16, text32 } from "./message.mjs";

const VERSION = 4;
const [ERROR, STARTUP, AUTHENTICATE, QUERY, AUTH_RESPONSE] = [0, 1, 3, 7, 15];
const ONE = 1;
const HEADER = 9;

const frame = (opcode, body) => Buffer.concat([int8(VERSION), int8(0), int16(0), int8(opcode), int32(body.length), body]);

async function ask(server, opcode, body) {
  const reply = new Reader(await server.ask(frame(opcode, body)));
  reply.take(4);
  const answered = reply.int8();
  reply.int32();
  if (answered !== ERROR) return answered;
  reply.int32();
  throw new Error(reply.text16());
}

await main(async (port, ...statements) => {
  const server = await connect(port, (bytes) => (bytes.length < HEADER ? null : HEADER + bytes.readInt32BE(5)));
  try {
    const answered = await ask(server, STARTUP, Buffer.concat([int16(1), text16("CQL_VERSION"), text16("3.0.0")]));
    const login = (process.env.CASSANDRA_LOGIN ?? "").replace(":", "\0");
    if (answered === AUTHENTICATE) await ask(server, AUTH_RESPONSE, text32(`\0${login}`));
    for (const statement of statements) await ask(server, QUERY, Buffer.concat([text32(statement), int16(ONE), int8(0)]));
  } finally {
    server.close();
  }
});
