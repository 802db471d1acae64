import { expect, test } from "vitest";
import { Dropped, Turns } from "../../../src/engine/local/turns";

interface Work {
  id: number;
  lane: string;
  pauses: number;
}

function trial() {
  const log: string[] = [];
  let idle: () => void = () => undefined;
  const turns = new Turns<Work>(
    async ({ id, pauses }, pause) => {
      log.push(`begins ${id}`);
      try {
        for (let i = 0; i < pauses; i++) await pause();
        log.push(`ends ${id}`);
      } catch (error) {
        log.push(error instanceof Dropped ? `dropped ${id}` : "?");
        throw error;
      } finally {
        idle();
      }
    },
    (id) => log.push(`superseded ${id}`),
  );
  const ended = (count: number): Promise<void> =>
    new Promise((resolve) => {
      idle = () => {
        if (--count === 0) resolve();
      };
    });
  return { log, turns, ended };
}

test("of a lane the newest counts, whether the older one waits or is at work", async () => {
  const { log, turns, ended } = trial();
  const all = ended(3);
  turns.add({ id: 1, lane: "a", pauses: 50 });
  turns.add({ id: 2, lane: "a", pauses: 1 });
  turns.add({ id: 3, lane: "a", pauses: 1 });
  turns.add({ id: 4, lane: "b", pauses: 1 });
  await all;
  expect(log).toEqual([
    "begins 1",
    "superseded 1",
    "superseded 2",
    "dropped 1",
    "begins 3",
    "ends 3",
    "begins 4",
    "ends 4",
  ]);
});

test("what nobody waits for is not done", async () => {
  const { log, turns, ended } = trial();
  const all = ended(2);
  turns.add({ id: 1, lane: "a", pauses: 50 });
  turns.add({ id: 2, lane: "b", pauses: 1 });
  turns.add({ id: 3, lane: "c", pauses: 1 });
  turns.drop(1);
  turns.drop(2);
  await all;
  expect(log).toEqual(["begins 1", "dropped 1", "begins 3", "ends 3"]);
});
