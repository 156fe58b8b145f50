// Checks one entry of a log with nothing but WebCrypto: its hash, its place in the tree (RFC 6962),
// the checkpoint's signature and cosignatures (C2SP signed-note, tlog-cosignature; Ed25519), and the
// reader's policy. Reads as strictly as the offline verifier. No page, no network: runs in Node too.

const HEADER = "c2sp.org/tlog-proof@v1";
const NOTE = 1;
const COSIGNATURE = 4;
const MOST_HASHES = 63;
const MOST_BYTES = 1 << 20;
const NUMBER = "(0|[1-9][0-9]{0,18})";
const KINDS = [NOTE, COSIGNATURE];
const encoder = new TextEncoder();

/** Why something does not verify: a code, and what its words need. */
export class Bad extends Error {
  constructor(code, params = {}) {
    super(code);
    this.code = code;
    this.params = params;
  }
}

const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function subtle() {
  // Browsers give it to pages over https and from the machine itself only.
  if (!globalThis.crypto?.subtle) throw new Bad("no-crypto");
  return globalThis.crypto.subtle;
}

async function sha256(...parts) {
  return new Uint8Array(await subtle().digest("SHA-256", joined(...parts)));
}

/** Canonical base64 (RFC 4648 section 4) and nothing else. */
export function unbase64(text) {
  let raw = "";
  try {
    raw = atob(text);
  } catch {
    throw new Bad("base64");
  }
  if (btoa(raw) !== text) throw new Bad("base64");
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

/** The text of a file's bytes; a byte that is not UTF-8 is not passed over. */
export function decoded(bytes) {
  if (bytes.length > MOST_BYTES) throw new Bad("too-long");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Bad("not-utf8");
  }
}

// --- the tree ---------------------------------------------------------------------------------

export const leafHash = (line) => sha256(Uint8Array.of(0), line);

/** The root that a leaf's proof leads to (RFC 9162 section 2.1.3.2); index and size are BigInt. */
export async function climbed(index, size, leaf, proof) {
  if (index < 0n || index >= size) throw new Bad("index-beyond", { index, size });
  let node = index;
  let last = size - 1n;
  let digest = leaf;
  for (const sibling of proof) {
    if (sibling.length !== 32) throw new Bad("hash-length");
    if (last === 0n) throw new Bad("proof-long");
    if (node & 1n || node === last) {
      digest = await sha256(Uint8Array.of(1), sibling, digest);
      while (!(node & 1n) && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      digest = await sha256(Uint8Array.of(1), digest, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new Bad("proof-short");
  return digest;
}

// --- receipts and notes -----------------------------------------------------------------------

/** {index, proof, note, extra} of a receipt (C2SP tlog-proof), of which nothing is checked yet. */
export function readReceipt(text) {
  const gap = text.indexOf("\n\n");
  const lines = gap < 0 ? [] : text.slice(0, gap).split("\n");
  if (lines.shift() !== HEADER) throw new Bad("not-a-receipt");
  let extra = null;
  if (lines[0]?.startsWith("extra ")) extra = unbase64(lines.shift().slice(6));
  const index = new RegExp(`^index ${NUMBER}$`).exec(lines.shift() ?? "");
  if (!index || lines.length > MOST_HASHES) throw new Bad("not-a-receipt");
  return { index: BigInt(index[1]), proof: lines.map(unbase64), note: text.slice(gap + 2), extra };
}

/** {text, lines: [{name, id, signature}]} of a signed note. */
export function readNote(note) {
  const gap = note.lastIndexOf("\n\n");
  if (gap < 0 || !note.endsWith("\n") || gap + 2 >= note.length) throw new Bad("note-unsigned");
  if (/[\u0000-\u0009\u000b-\u001f]/.test(note)) throw new Bad("note-malformed");
  const lines = note.slice(gap + 2, -1).split("\n").map((line) => {
    const found = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line);
    if (!found) throw new Bad("signature-malformed");
    const raw = unbase64(found[2]);
    return { name: found[1], id: hex(raw.subarray(0, 4)), signature: raw.subarray(4) };
  });
  return { text: note.slice(0, gap + 1), lines };
}

/** {origin, size, root} of a checkpoint's text (C2SP tlog-checkpoint). */
export function readCheckpoint(text) {
  const lines = text.split("\n");
  const whole = lines.length >= 4 && lines.pop() === "" && lines.every((line) => line !== "");
  if (!whole || !new RegExp(`^${NUMBER}$`).test(lines[1])) throw new Bad("checkpoint-malformed");
  const root = unbase64(lines[2]);
  if (root.length !== 32) throw new Bad("checkpoint-malformed");
  return { origin: lines[0], size: BigInt(lines[1]), root };
}

/** {name, kind, id, key} of a verifier key, whose id has to fit. */
export async function readKey(text) {
  const found = /^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text);
  if (!found) throw new Bad("key-malformed", { key: text });
  const raw = unbase64(found[3]);
  if (raw.length !== 33 || !KINDS.includes(raw[0])) throw new Bad("key-malformed", { key: text });
  const digest = await sha256(encoder.encode(`${found[1]}\n`), raw);
  if (hex(digest.subarray(0, 4)) !== found[2]) throw new Bad("key-malformed", { key: text });
  return { name: found[1], kind: raw[0], id: found[2], key: raw.subarray(1) };
}

/** Checks one signature; the POSIX seconds (BigInt) of a cosignature, null of a plain one. */
export async function verified(key, text, signature) {
  let time = null;
  let message = encoder.encode(text);
  let plain = signature;
  if (key.kind === COSIGNATURE) {
    if (signature.length !== 72) throw new Bad("signature-wrong", { name: key.name });
    time = BigInt(`0x${hex(signature.subarray(0, 8))}`);
    if (time >> 63n) throw new Bad("signature-wrong", { name: key.name });
    message = joined(encoder.encode(`cosignature/v1\ntime ${time}\n`), message);
    plain = signature.subarray(8);
  }
  let imported = null;
  try {
    imported = await subtle().importKey("raw", key.key, { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    if (error instanceof Bad) throw error;
    const lacking = ["NotSupportedError", "SyntaxError", "TypeError"].includes(error.name);
    throw new Bad(lacking ? "no-ed25519" : "key-malformed", { key: key.name });
  }
  const fits =
    plain.length === 64 && (await subtle().verify({ name: "Ed25519" }, imported, plain, message));
  if (!fits) throw new Bad("signature-wrong", { name: key.name });
  return time;
}

// --- the policy -------------------------------------------------------------------------------

/** {logs, witnesses: {name: key}, groups: {name: [count, members]}, quorum} (docs/formats). */
export async function readPolicy(text) {
  const made = { logs: [], witnesses: new Map(), groups: new Map(), quorum: null };
  const used = new Set();
  let settled = false;
  const known = (name) => made.witnesses.has(name) || made.groups.has(name);
  const own = async (word, kind) => {
    const key = await readKey(word);
    if (key.kind !== kind) throw new Bad("policy-key");
    return key;
  };
  let number = 0;
  for (const line of text.split(/\r?\n/)) {
    number += 1;
    const [rule, ...words] = line.split("#")[0].split(/\s+/).filter((word) => word !== "");
    if (rule === undefined) continue;
    const [name, ...more] = words;
    const free = () => name !== "none" && !known(name);
    if (rule === "log" && words.length === 1) {
      made.logs.push(await own(name, NOTE));
    } else if (rule === "witness" && words.length === 2 && free()) {
      made.witnesses.set(name, await own(more[0], COSIGNATURE));
    } else if (rule === "group" && words.length > 2 && free()) {
      const [count, ...members] = more;
      const wanted = { any: 1, all: members.length }[count] ?? Number(count);
      const each = members.every((m) => known(m) && !used.has(m) && used.add(m));
      const possible = Number.isInteger(wanted) && wanted >= 1 && wanted <= members.length;
      if (!each || !possible) throw new Bad("policy-line", { number });
      made.groups.set(name, [wanted, members]);
    } else if (rule === "quorum" && words.length === 1 && !settled) {
      if (name !== "none" && !known(name)) throw new Bad("policy-line", { number });
      made.quorum = name === "none" ? null : name;
      settled = true;
    } else if (rule === "authority" && words.length === 1) {
      unbase64(name); // who has to have stamped a log: for whole bundles
    } else if (rule === "signer" && words.length === 1) {
      await own(name, NOTE); // of the people who sign in the log, of whom a receipt says nothing
    } else if (rule === "logs" && [1, 2].includes(words.length) && !made.covered) {
      // The log of logs is for whole bundles; of a receipt it says nothing.
      made.covered = await own(name, NOTE);
      if (more.length && !known(more[0])) throw new Bad("policy-line", { number });
    } else {
      throw new Bad("policy-line", { number });
    }
  }
  if (made.logs.length === 0) throw new Bad("policy-without-log");
  if (made.witnesses.size && !settled) throw new Bad("policy-without-quorum");
  return made;
}

function holds(policy, name, signed) {
  if (policy.witnesses.has(name)) return signed.has(policy.witnesses.get(name));
  const [count, members] = policy.groups.get(name);
  return members.filter((member) => holds(policy, member, signed)).length >= count;
}

// --- the whole --------------------------------------------------------------------------------

/** What an entry's line says, if it says what an event says, at its own place. */
export function readEntry(line, index) {
  let event = null;
  try {
    event = JSON.parse(decoded(line));
  } catch (error) {
    if (error instanceof Bad) throw error;
  }
  if (typeof event?.kind !== "string" || typeof event.actor !== "string") throw new Bad("not-event");
  if (!Number.isSafeInteger(event.seq) || BigInt(event.seq) !== index) throw new Bad("other-place");
  return event;
}

export const STEPS = ["receipt", "entry", "place", "checkpoint", "witnesses", "policy"];

/**
 * Checks a receipt by a policy. `line` is the entry as it is shown, null to take the receipt's own.
 * Gives {ok, steps: [{step, state: "good" | "bad" | "open", code, params}], event}: the first step
 * that fails says why, and those after it stay open.
 */
export async function check(receipt, policy, line = null) {
  const steps = [];
  const found = { event: null };
  const said = (code, params = {}) => ({ code, params });
  const parts = {
    async receipt() {
      Object.assign(found, readReceipt(receipt), { policy: await readPolicy(policy) });
      return said("receipt-read", { hashes: found.proof.length });
    },
    async entry() {
      found.line = line === null ? found.extra : encoder.encode(line);
      if (found.line === null) throw new Bad("no-entry");
      if (found.extra !== null && !same(found.extra, found.line)) throw new Bad("other-entry");
      found.event = readEntry(found.line, found.index);
      found.leaf = await leafHash(found.line);
      return said("entry-hashed", { index: found.index, hash: hex(found.leaf) });
    },
    async place() {
      found.signed = readNote(found.note);
      found.head = readCheckpoint(found.signed.text);
      const { size, root } = found.head;
      const reached = await climbed(found.index, size, found.leaf, found.proof);
      if (!same(reached, root)) throw new Bad("other-root", { root: hex(reached) });
      return said("place-proved", { size, root: hex(root) });
    },
    async checkpoint() {
      const { origin } = found.head;
      const logs = found.policy.logs.filter((key) => key.name === origin);
      const fits = (key) => (one) => one.name === key.name && one.id === key.id;
      const log = logs.find((key) => found.signed.lines.some(fits(key)));
      if (!log) throw new Bad("log-untrusted", { name: origin });
      await verified(log, found.signed.text, found.signed.lines.find(fits(log)).signature);
      found.by = new Map([[log, null]]);
      return said("checkpoint-signed", { name: origin });
    },
    async witnesses() {
      const keys = [...found.policy.logs, ...found.policy.witnesses.values()];
      const seen = new Set();
      for (const one of found.signed.lines) {
        const key = keys.find((k) => k.name === one.name && k.id === one.id);
        if (!key) throw new Bad("signer-unknown", { name: one.name });
        if (seen.has(key)) throw new Bad("signed-twice", { name: one.name });
        seen.add(key);
        found.by.set(key, await verified(key, found.signed.text, one.signature));
      }
      const cosigned = [...found.by].filter(([, time]) => time !== null);
      const list = cosigned.map(([key, time]) => [key.name, new Date(Number(time) * 1000)]);
      return said(list.length ? "cosigned" : "cosigned-by-none", { list });
    },
    async policy() {
      const { quorum } = found.policy;
      if (quorum === null) return said("no-quorum");
      if (!holds(found.policy, quorum, found.by)) throw new Bad("quorum-missed", { quorum });
      return said("quorum-held", { quorum });
    },
  };
  let ok = true;
  for (const step of STEPS) {
    if (!ok) {
      steps.push({ step, state: "open", code: "not-checked", params: {} });
      continue;
    }
    try {
      steps.push({ step, state: "good", ...(await parts[step]()) });
    } catch (error) {
      ok = false;
      // Whatever else goes wrong is no proof either.
      const { code, params } = error instanceof Bad ? error : new Bad("broken", { at: String(error) });
      steps.push({ step, state: "bad", code, params });
    }
  }
  return { ok, steps, event: ok ? found.event : null };
}
