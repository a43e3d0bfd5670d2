// Lists or deletes the topics of a Kafka broker whose names begin with a prefix.
// usage: node kafka.mjs [HOST:]PORT topics|delete PREFIX
import { connect, int16, int32, main, Reader, text16 } from "./message.mjs";

const METADATA = { key: 3, version: 1 };
const DELETE_TOPICS = { key: 20, version: 1 };
const DEADLINE_MS = 10_000;

async function ask(server, { key, version }, body) {
  const request = Buffer.concat([int16(key), int16(version), int32(1), text16("berth-stack"), body]);
  const reply = new Reader(await server.ask(Buffer.concat([int32(request.length), request])));
  reply.take(8);
  return reply;
}

async function topics(server, prefix) {
  const reply = await ask(server, METADATA, int32(-1));
  reply.array((broker) => [broker.int32(), broker.text16(), broker.int32(), broker.text16()]);
  reply.int32();
  const partition = (part) => [part.int16(), part.int32(), part.int32(), part.array((p) => p.int32()), part.array((p) => p.int32())];
  const found = reply.array((topic) => {
    topic.int16();
    const name = topic.text16();
    const internal = topic.int8() !== 0;
    topic.array(partition);
    return internal ? null : name;
  });
  return found.filter((name) => name?.startsWith(prefix));
}

async function remove(server, names) {
  if (names.length === 0) return;
  const list = Buffer.concat([int32(names.length), ...names.map(text16)]);
  const reply = await ask(server, DELETE_TOPICS, Buffer.concat([list, int32(DEADLINE_MS)]));
  reply.int32();
  const refused = reply.array((topic) => ({ name: topic.text16(), code: topic.int16() })).filter(({ code }) => code !== 0);
  if (refused.length > 0) throw new Error(`not deleted: ${refused.map(({ name, code }) => `${name} (${code})`).join(", ")}`);
}

await main(async (port, what, prefix) => {
  if (!prefix) throw new Error("usage: node kafka.mjs PORT topics|delete PREFIX");
  const server = await connect(port, (bytes) => (bytes.length < 4 ? null : 4 + bytes.readInt32BE()));
  try {
    const names = await topics(server, prefix);
    if (what === "delete") await remove(server, names);
    else console.log(names.join("\n"));
  } finally {
    server.close();
  }
});
