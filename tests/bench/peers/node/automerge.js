// automerge.js - one document that site and hub share: a list of events, each pushed by a
// change of its own. Strings are whole values (ImmutableString), since nobody edits a name
// with others letter by letter; as plain strings they would take three times the bytes.
// The two sides run Automerge's sync protocol; both keep what they know
// of the other with the document, as automerge-repo does, so what was in step stays so.
//
// The document is saved before what was received is answered.
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import * as A from "@automerge/automerge";
import { CUT, connect, listen, main, onFrames, readRows, sendFrame, writeRows } from "./common.js";

function load(dir) {
  const states = path.join(dir, "peer");
  return {
    dir,
    doc: A.load(fs.readFileSync(path.join(dir, "books"))),
    sync: fs.existsSync(states) ? A.decodeSyncState(fs.readFileSync(states)) : A.initSyncState(),
  };
}

function save(books) {
  fs.mkdirSync(books.dir, { recursive: true });
  for (const [name, bytes] of [["books", A.save(books.doc)], ["peer", A.encodeSyncState(books.sync)]]) {
    const file = path.join(books.dir, name);
    fs.writeFileSync(`${file}.part`, bytes, { flush: true });
    fs.renameSync(`${file}.part`, file);
  }
}

// The next message for the other side; null when there is nothing to say.
function next(books) {
  const [sync, message] = A.generateSyncMessage(books.doc, books.sync);
  books.sync = sync;
  return message;
}

function take(books, message) {
  const before = A.getHeads(books.doc).join();
  [books.doc, books.sync] = A.receiveSyncMessage(books.doc, books.sync, message);
  if (A.getHeads(books.doc).join() !== before) save(books);
}

const same = (some, others) => some.length === others.length && some.every((head) => others.includes(head));

const kept = (row) =>
  Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, typeof value === "string" ? new A.ImmutableString(value) : value]),
  );

function push(doc, rows) {
  for (const row of rows) doc = A.change(doc, (books) => void books.events.push(kept(row)));
  return doc;
}

// Both sides start from one document with the registers.
function base(site, hub) {
  const doc = push(A.from({ events: [] }), readRows());
  const here = { dir: site, doc, sync: A.initSyncState() };
  const there = { dir: hub, doc: A.init(), sync: A.initSyncState() };
  for (;;) {
    const up = next(here);
    if (up) take(there, up);
    const down = next(there);
    if (down) take(here, down);
    if (!up && !down) break;
  }
  save(here);
  save(there);
}

function empty(site, hub) {
  save({ dir: site, doc: A.from({ events: [] }), sync: A.initSyncState() });
  save({ dir: hub, doc: A.init(), sync: A.initSyncState() });
}

function record(site) {
  const books = load(site);
  books.doc = push(books.doc, readRows());
  save(books);
}

function serve(hub) {
  const books = load(hub);
  const server = net.createServer({ noDelay: true }, (socket) => {
    // what was sent on a link that broke counts for nothing; what both had stays
    books.sync = A.decodeSyncState(A.encodeSyncState(books.sync));
    onFrames(socket, (message) => {
      take(books, message);
      const answer = next(books);
      if (answer) sendFrame(socket, answer);
    });
    socket.on("error", () => {});
  });
  listen(server, () => save(books));
}

function carry(site, address) {
  const books = load(site);
  const socket = connect(address);
  const say = () => {
    const message = next(books);
    if (message) sendFrame(socket, message);
  };
  return new Promise((done) => {
    let ended = false;
    const finish = (code) => {
      if (ended) return;
      ended = true;
      save(books);
      socket.destroy();
      done(code);
    };
    socket.on("connect", say);
    onFrames(socket, (message) => {
      take(books, message);
      if (same(books.sync.theirHeads ?? [], A.getHeads(books.doc))) {
        socket.end();
        finish(0);
      } else {
        say();
      }
    });
    socket.on("error", () => finish(CUT));
    socket.on("close", () => finish(CUT));
  });
}

async function dump(hub) {
  const rows = load(hub).doc.events;
  // an ImmutableString is an object that has its text in val
  await writeRows(rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value.val ?? value]))));
}

main({ base, empty, record, serve, carry, dump });
