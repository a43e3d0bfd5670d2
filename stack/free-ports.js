// Prints N free loopback ports, found by binding all of them at once. They come from 30000 to 31000: below the range that the
// kernel lends to outgoing connections (32768 and up), above the one that Berth leases to allocations, beside the one that the
// scenarios listen in. With OWNER, a directory, they stay its own until that is gone, also while nobody listens on them yet.
// usage: node free-ports.js N [OWNER]
const fs = require("fs");
const net = require("net");
const os = require("os");
const path = require("path");

const LOW = 30000;
const HIGH = 31000;
// A link for each port that is lent, to its owner.
const LEASES = path.join(process.env.BERTH_CACHE ?? path.join(os.homedir(), ".cache/berth"), "stack/ports");

// Whether the port is nobody's. One whose owner is gone is.
function isFree(port) {
  const lease = path.join(LEASES, String(port));
  try {
    fs.readlinkSync(lease);
  } catch {
    return true;
  }
  if (fs.existsSync(lease)) return false;
  fs.rmSync(lease, { force: true });
  return true;
}

// False where another process was quicker.
function lend(port, owner) {
  if (!owner) return true;
  try {
    fs.symlinkSync(path.resolve(owner), path.join(LEASES, String(port)));
    return true;
  } catch {
    return false;
  }
}

function bind(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(null));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => resolve(server));
  });
}

async function main(count, owner) {
  fs.mkdirSync(LEASES, { recursive: true });
  const held = [];
  for (let tries = 0; held.length < count && tries < 5000; tries++) {
    const port = LOW + Math.floor(Math.random() * (HIGH - LOW));
    const server = isFree(port) ? await bind(port) : null;
    if (!server) continue;
    if (lend(port, owner)) held.push(server);
    else server.close();
  }
  if (held.length < count) throw new Error(`no ${count} free ports between ${LOW} and ${HIGH}`);
  console.log(held.map((server) => server.address().port).join("\n"));
  held.forEach((server) => server.close());
}

main(Number(process.argv[2] || 1), process.argv[3]).catch((error) => {
  console.error(`error: ${error.message}`);
  process.exit(1);
});
