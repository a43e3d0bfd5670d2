// Prints N free loopback ports, found by binding all of them at once. They come from 30000 to 32000: below the range
// that the kernel lends to outgoing connections (32768 and up), above the one that Berth leases to allocations.
const net = require("net");

const LOW = 30000;
const HIGH = 32000;

function bind(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(null));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => resolve(server));
  });
}

async function main(count) {
  const held = [];
  for (let tries = 0; held.length < count && tries < 500; tries++) {
    const server = await bind(LOW + Math.floor(Math.random() * (HIGH - LOW)));
    if (server) held.push(server);
  }
  if (held.length < count) throw new Error(`no ${count} free ports between ${LOW} and ${HIGH}`);
  console.log(held.map((server) => server.address().port).join("\n"));
  held.forEach((server) => server.close());
}

main(Number(process.argv[2] || 1)).catch((error) => {
  console.error(`error: ${error.message}`);
  process.exit(1);
});
