/** As much of OpenAPI 3.1 as the server's description uses, and how a schema reads in a few words. */

export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  prefixItems?: Schema[];
  anyOf?: Schema[];
  enum?: unknown[];
  additionalProperties?: Schema | boolean;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  "x-container-header"?: Schema;
}

interface Body {
  description?: string;
  content?: Record<string, { schema: Schema }>;
}

export interface Call {
  description: string;
  parameters?: { name: string; in: string; required?: boolean; schema: Schema }[];
  requestBody?: Body;
  responses: Record<string, Body>;
}

export interface OpenApi {
  info: { title: string; version: string };
  paths: Record<string, Record<string, Call>>;
  components: { schemas: Record<string, Schema> };
}

/** A piece of text; with `of` it names that schema. */
export interface Word {
  text: string;
  of?: string;
}

export const nameOf = (reference: string): string => reference.slice(reference.lastIndexOf("/") + 1);

/** What a value of a schema is. */
export function words(schema: Schema): Word[] {
  if (schema.$ref) return [{ text: nameOf(schema.$ref), of: nameOf(schema.$ref) }];
  if (schema.anyOf) return join(schema.anyOf.map(words), " or ");
  if (schema.enum) return [{ text: schema.enum.map((value) => JSON.stringify(value)).join(" or ") }];
  if (schema.prefixItems) return [{ text: "[" }, ...join(schema.prefixItems.map(words), ", "), { text: "]" }];
  if (schema.items) return [{ text: "list of " }, ...words(schema.items)];
  if (typeof schema.additionalProperties === "object") {
    return [{ text: "by name: " }, ...words(schema.additionalProperties)];
  }
  return [{ text: `${schema.type ?? "anything"}${range(schema)}` }];
}

function range({ minimum, exclusiveMinimum, maximum }: Schema): string {
  const low = minimum ?? exclusiveMinimum;
  if (low === undefined && maximum === undefined) return "";
  const from = low === undefined ? "" : `${exclusiveMinimum === undefined ? "from" : "above"} ${low}`;
  return ` ${[from, maximum === undefined ? "" : `up to ${maximum}`].filter(Boolean).join(" ")}`;
}

function join(all: Word[][], between: string): Word[] {
  return all.flatMap((some, at) => (at ? [{ text: between }, ...some] : some));
}

/** What a body is: for a container, its header; else JSON, or a file. */
export function bodyWords(body: Body): Word[] {
  const [type, content] = Object.entries(body.content ?? {})[0] ?? [];
  if (!type || !content) return [];
  const header = content.schema["x-container-header"];
  if (header) return [{ text: "container, its header " }, ...words(header)];
  if (content.schema.format === "binary") return [{ text: body.description ?? type }];
  return [{ text: "JSON, " }, ...words(content.schema)];
}
