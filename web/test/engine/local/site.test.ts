import { afterEach, expect, test, vi } from "vitest";
import { fetchFiles } from "../../../src/engine/local/fetching";
import { openSite } from "../../../src/engine/local/site";

const BASE = "http://127.0.0.1/maps/";
const FILE = { path: "model/fine.onnx", bytes: 4, integrity: "sha384-x" };
const told = { loading: () => undefined, runs: () => undefined };

afterEach(() => vi.unstubAllGlobals());

const hosting = (answer: () => Promise<Response>): void => void vi.stubGlobal("fetch", answer);
const sent =
  (body: BodyInit, status = 200) =>
  (): Promise<Response> =>
    Promise.resolve(new Response(body, { status }));
const refused = (): Promise<Response> => Promise.reject(new TypeError("Failed to fetch"));

test.each([
  [refused, FILE, "no connection, or not as it was written"],
  [sent("", 404), FILE, "the host answered 404"],
  [sent("abc"), FILE, "it was cut short"],
  [sent("abcde"), FILE, "it is too long"],
  [sent("abcd"), { ...FILE, integrity: "" }, "site.json has no hash of it"],
])("a file that can't be had is told of in words", async (answer, file, why) => {
  hosting(answer);
  await expect(fetchFiles([file], BASE, () => undefined)).rejects.toThrow(
    `model/fine.onnx can't be loaded (${why}). Check the connection, then load the page again.`,
  );
});

test.each([
  [refused, "/maps/site.json can't be loaded (no connection). Try again later."],
  [sent("", 404), "/maps/site.json can't be loaded (the host answered 404)."],
  [sent("{nope"), "/maps/site.json is damaged; whoever hosts this page has to write the site anew."],
  [sent('{"format": 2}'), "This page and its model are of different versions; load it anew."],
])("a site that can't be opened is told of in words", async (answer, words) => {
  vi.stubGlobal("navigator", {});
  hosting(answer);
  await expect(openSite(new URL("site.json", BASE), told)).rejects.toThrow(words);
});
