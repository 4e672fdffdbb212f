// pouchdb.js - a document for each event, named by its time and number, in PouchDB on LevelDB
// at both ends; the hub's speaks CouchDB's protocol over HTTP (express-pouchdb). The site
// replicates to it with the settings it has by itself. Documents are written by the hundred,
// which leaves the same documents and revisions.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import express from "express";
import expressPouchDB from "express-pouchdb";
import PouchDB from "pouchdb";
import { CUT, hundreds, listen, main, named, readRows, writeRows } from "./common.js";

function open(dir) {
  fs.mkdirSync(dir, { recursive: true });
  return new PouchDB(path.join(dir, "books"));
}

async function put(books) {
  let i = (await books.info()).doc_count;
  for (const rows of hundreds(readRows())) {
    const answers = await books.bulkDocs(rows.map((row) => named(row, i++)));
    if (answers.some((answer) => answer.error)) throw new Error("a document was refused");
  }
}

function app(hub) {
  fs.mkdirSync(hub, { recursive: true });
  const server = express();
  server.use(
    "/",
    expressPouchDB(PouchDB.defaults({ prefix: hub + path.sep }), {
      mode: "minimumForPouchDB",
      inMemoryConfig: true,
      logPath: path.join(hub, "log.txt"),
    }),
  );
  return http.createServer(server);
}

// The hub under one name whatever its port: a checkpoint counts for one URL alone.
function remote(address) {
  const url = "http://hub:5984";
  const fetch = (to, options) => PouchDB.fetch(String(to).replace(url, `http://${address}`), options);
  return new PouchDB(`${url}/books`, { fetch });
}

// Exit status: 0 when the hub has all that is here.
async function replicate(books, address) {
  try {
    const result = await books.replicate.to(remote(address));
    return result.ok && result.doc_write_failures === 0 ? 0 : CUT;
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    return CUT;
  }
}

async function base(site, hub) {
  const books = open(site);
  await put(books);
  const server = app(hub);
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const status = await replicate(books, `127.0.0.1:${server.address().port}`);
  if (status !== 0) throw new Error("the registers did not get through");
  process.exit(0);
}

async function record(site) {
  const books = open(site);
  await put(books);
  await books.close();
}

function serve(hub) {
  listen(app(hub), () => {});
}

async function carry(site, address) {
  const books = open(site);
  const status = await replicate(books, address);
  await books.close();
  process.exit(status);
}

async function dump(hub) {
  const books = open(hub);
  const all = await books.allDocs({ include_docs: true });
  const rows = all.rows.map(({ doc: { _id, _rev, ...rest } }) => ({
    time: _id.split(" ")[0],
    number: Number(_id.split(" ")[1]),
    ...rest,
  }));
  rows.sort((one, other) => one.number - other.number);
  await writeRows(rows.map(({ number, ...row }) => row));
  await books.close();
}

main({ base, record, serve, carry, dump });
