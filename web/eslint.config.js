import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules", "src/engine/api.d.ts"] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    rules: {
      // Typed arrays are indexed within their bounds all over this code.
      "@typescript-eslint/no-non-null-assertion": "off",
      "max-lines": ["error", 350],
      "max-lines-per-function": ["error", { max: 60, skipComments: true, skipBlankLines: true }],
      "no-console": "error",
    },
  },
  { files: ["test/**"], rules: { "max-lines-per-function": "off" } },
);
