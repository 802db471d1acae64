import { expect, it } from "vitest";
import description from "../../../docs/openapi.json";
import { bodyWords, type OpenApi, type Schema, words } from "../../src/calls/document";

const api = description as unknown as OpenApi;
const said = (schema: Schema): string =>
  words(schema)
    .map(({ text }) => text)
    .join("");

it("says what a value is", () => {
  expect(said({ type: "integer", minimum: 1, maximum: 2048 })).toBe("integer from 1 up to 2048");
  expect(said({ type: "number", exclusiveMinimum: 0 })).toBe("number above 0");
  expect(said({ anyOf: [{ type: "string" }, { type: "null" }] })).toBe("string or null");
  expect(said({ type: "object", additionalProperties: { type: "number" } })).toBe("by name: number");
  expect(said({ type: "array", items: { prefixItems: [{ type: "number" }, { type: "number" }] } })).toBe(
    "list of [number, number]",
  );
  expect(said({ enum: ["working", "done"] })).toBe('"working" or "done"');
  expect(words({ $ref: "#/components/schemas/River" })).toEqual([{ text: "River", of: "River" }]);
});

it("says what bodies are", () => {
  const terrain = api.paths["/api/terrain"]!["post"]!;
  expect(bodyWords(terrain.requestBody!).at(-1)).toEqual({ text: "TerrainOrder", of: "TerrainOrder" });
  expect(bodyWords(api.paths["/api/export/{name}"]!["get"]!.responses["200"]!)).toEqual([
    { text: "JSON, " },
    { text: "JobState", of: "JobState" },
  ]);
  expect(bodyWords(api.paths["/api/import"]!["post"]!.requestBody!)[0]!.text).toContain("Azgaar");
  expect(bodyWords(api.paths["/api/export/{name}"]!["delete"]!.responses["204"]!)).toEqual([]);
});

it("has a word for everything that the server describes", () => {
  for (const schema of Object.values(api.components.schemas)) {
    for (const field of Object.values(schema.properties ?? {})) expect(said(field)).not.toContain("undefined");
  }
});
