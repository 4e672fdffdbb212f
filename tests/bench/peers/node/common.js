// common.js - what the three peers share: verbs, rows, frames over TCP.
//
//   node PEER.js base SITE HUB <ROWS     both ends, with the registers at both
//   node PEER.js record SITE <ROWS       the site's own work, offline
//   node PEER.js serve HUB               prints "listening ADDR:PORT"; SIGTERM ends it
//   node PEER.js carry SITE ADDR:PORT    exits 0 when the hub has all, 14 when cut off
//   node PEER.js dump HUB                the rows again
//
// ROWS are JSON objects, one a line: the columns of the plain CSV that are not empty.
import fs from "node:fs";
import net from "node:net";

export const CUT = 14;

export function readRows() {
  const text = fs.readFileSync(0, "utf8");
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

export function writeRows(rows) {
  const text = rows.map((row) => JSON.stringify(row) + "\n").join("");
  return new Promise((done) => process.stdout.write(text, done));
}

// The document of a row, under a name that has its time and sorts by it.
export function named(row, i) {
  const { time, ...rest } = row;
  return { _id: `${time} ${String(i).padStart(6, "0")}`, ...rest };
}

export function hundreds(rows) {
  const found = [];
  for (let i = 0; i < rows.length; i += 100) found.push(rows.slice(i, i + 100));
  return found;
}

// A server on a free port; SIGTERM runs LAST before the end.
export function listen(server, last) {
  server.listen(0, "127.0.0.1", () => {
    process.stdout.write(`listening 127.0.0.1:${server.address().port}\n`);
  });
  process.on("SIGTERM", async () => {
    await last();
    process.exit(0);
  });
}

export function connect(address) {
  const [host, port] = address.split(":");
  return net.connect({ host, port: Number(port), noDelay: true });
}

// Frames of a length (4 bytes, big-endian) and so many bytes.
export function sendFrame(socket, bytes) {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(bytes.length);
  socket.write(Buffer.concat([head, bytes]));
}

export function onFrames(socket, take) {
  let parts = [];
  let have = 0;
  socket.on("data", (data) => {
    parts.push(data);
    have += data.length;
    for (;;) {
      if (have < 4) return;
      if (parts[0].length < 4) parts = [Buffer.concat(parts)];
      const size = parts[0].readUInt32BE(0);
      if (have < 4 + size) return;
      const all = Buffer.concat(parts);
      parts = [all.subarray(4 + size)];
      have -= 4 + size;
      take(all.subarray(4, 4 + size));
    }
  });
}

export async function main(verbs) {
  const [verb, ...words] = process.argv.slice(2);
  try {
    process.exitCode = (await verbs[verb](...words)) ?? 0;
  } catch (error) {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  }
}
