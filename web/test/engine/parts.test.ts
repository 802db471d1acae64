import { expect, test } from "vitest";
import { EngineError } from "../../src/engine/engine";
import { partOfPage } from "../../src/engine/parts";

test("a part of the page that can't be loaded is named, with what to do", async () => {
  const away = new TypeError("Failed to fetch dynamically imported module");
  const failed = await partOfPage("What enlarges maps", Promise.reject(away)).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(EngineError);
  const message = "What enlarges maps can't be loaded. Save the project, then load the page again.";
  expect(failed).toMatchObject({ message, cause: away });
});
