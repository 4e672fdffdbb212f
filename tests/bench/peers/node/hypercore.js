// hypercore.js - the site's signed log: a block of JSON for each event; the hub has the key and
// downloads all of it. Their own replication over TCP, encrypted by Noise.
//
// Blocks are appended by the hundred, which is faster and leaves what appending them one by
// one does: the same blocks, tree and last signature.
import net from "node:net";
import fs from "node:fs";
import path from "node:path";
import Hypercore from "hypercore";
import { CUT, connect, hundreds, listen, main, readRows, writeRows } from "./common.js";

async function open(dir, key) {
  // a store that was copied is refused otherwise; the benchmark copies it before each run
  const store = Hypercore.defaultStorage(path.join(dir, "core"), { allowBackup: true });
  const core = new Hypercore(store, key, { valueEncoding: "json" });
  await core.ready();
  return core;
}

const keyFile = (dir) => path.join(dir, "key");
const keyOf = (hub) => fs.readFileSync(keyFile(hub));

async function append(core) {
  for (const rows of hundreds(readRows())) await core.append(rows);
}

// The hub's end of one connection, over any stream.
function attach(core, stream) {
  const replication = core.replicate(false, { keepAlive: false });
  replication.on("error", () => {});
  stream.on("error", () => {});
  stream.pipe(replication).pipe(stream);
  core.download({ start: 0, end: -1 });
}

// True once the hub has said that it holds every block; false when the link broke.
function bring(core, stream) {
  const replication = core.replicate(true, { keepAlive: false });
  return new Promise((done) => {
    const look = setInterval(() => {
      if (core.peers.some((peer) => peer.remoteContiguousLength >= core.length)) finish(true);
    }, 2);
    const finish = (whole) => {
      clearInterval(look);
      done(whole);
    };
    for (const end of [replication, stream]) {
      end.on("error", () => finish(false));
      end.on("close", () => finish(false));
    }
    stream.pipe(replication).pipe(stream);
  });
}

async function base(site, hub) {
  const core = await open(site);
  await append(core);
  fs.mkdirSync(hub, { recursive: true });
  fs.writeFileSync(keyFile(hub), core.key);
  const other = await open(hub, core.key);
  const server = net.createServer((socket) => attach(other, socket));
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const socket = net.connect(server.address().port, "127.0.0.1");
  if (!(await bring(core, socket))) throw new Error("the registers did not get through");
  socket.destroy();
  server.close();
  await core.close();
  await other.close();
}

async function record(site) {
  const core = await open(site);
  await append(core);
  await core.close();
}

async function serve(hub) {
  const core = await open(hub, keyOf(hub));
  listen(net.createServer({ noDelay: true }, (socket) => attach(core, socket)), () => core.close());
}

async function carry(site, address) {
  const core = await open(site);
  const socket = connect(address);
  const whole = await bring(core, socket);
  // an orderly end: what is said last still goes out
  await new Promise((ended) => (socket.destroyed ? ended() : socket.end(ended)));
  await core.close();
  process.exit(whole ? 0 : CUT);
}

async function dump(hub) {
  const core = await open(hub, keyOf(hub));
  const rows = [];
  for (let i = 0; i < core.length; i++) rows.push(await core.get(i, { wait: false }));
  await writeRows(rows);
  await core.close();
}

main({ base, record, serve, carry, dump });
