/** Run-length coding of labels: painted maps are mostly runs, and a hundred undo steps have to fit. */

/** Pairs of (run length - 1, label). */
export function pack(labels: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at < labels.length;) {
    const label = labels[at]!;
    let run = 1;
    while (run < 256 && at + run < labels.length && labels[at + run] === label) run++;
    out.push(run - 1, label);
    at += run;
  }
  return Uint8Array.from(out);
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
