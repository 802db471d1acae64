/** Run-length coding of labels: painted maps are mostly runs, and a hundred undo steps have to fit. */

/** Pairs of (run length - 1, label). */
export function pack(labels: Uint8Array): Uint8Array {
  const pairs = new Uint8Array(labels.length * 2);
  let end = 0;
  for (let at = 0; at < labels.length;) {
    const label = labels[at]!;
    const most = Math.min(labels.length, at + 256);
    let to = at + 1;
    while (to < most && labels[to] === label) to++;
    pairs[end++] = to - at - 1;
    pairs[end++] = label;
    at = to;
  }
  return pairs.slice(0, end);
}

export function unpack(packed: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let at = 0;
  for (let pair = 0; pair < packed.length; pair += 2) {
    const run = packed[pair]! + 1;
    out.fill(packed[pair + 1]!, at, at + run);
    at += run;
  }
  return out;
}
