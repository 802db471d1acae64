/** `/docs`: the server's calls, as its OpenAPI document describes them. */
import "../style/font.css";
import "../style/base.css";
import "./calls.css";
import { render } from "preact";
import description from "../../../docs/openapi.json";
import { bodyWords, type Call, type OpenApi, type Schema, type Word, words } from "./document";

const { info, paths, components } = description as unknown as OpenApi;

function Words({ all }: { all: Word[] }) {
  return <span>{all.map(({ text, of }, at) => (of ? <a key={at} href={`#${of}`} children={text} /> : text))}</span>;
}

/** Text in which code stands between backticks. */
function Prose({ text = "" }: { text?: string | undefined }) {
  return <span>{text.split("`").map((part, at) => (at % 2 ? <code key={at}>{part}</code> : part))}</span>;
}

function CallEntry({ path, method, call }: { path: string; method: string; call: Call }) {
  const answers = Object.entries(call.responses).filter(([status]) => status.startsWith("2"));
  return (
    <article>
      <h3>
        <b>{method.toUpperCase()}</b> <code>{path}</code>
      </h3>
      <p>
        <Prose text={call.description} />
      </p>
      <dl>
        {call.parameters?.map(({ name, in: where, schema }) => (
          <Line key={name} name={`${name} (${where})`} all={words(schema)} />
        ))}
        {call.requestBody && <Line name="body" all={bodyWords(call.requestBody)} />}
        {answers.map(([status, body]) => (
          <Line key={status} name={status} all={bodyWords(body)} />
        ))}
      </dl>
    </article>
  );
}

function Line({ name, all }: { name: string; all: Word[] }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{all.length ? <Words all={all} /> : "nothing"}</dd>
    </div>
  );
}

function SchemaEntry({ name, schema }: { name: string; schema: Schema }) {
  return (
    <article id={name}>
      <h3>{name}</h3>
      <p>
        <Prose text={schema.description} />
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Is</th>
            <th scope="col">Means</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(schema.properties ?? {}).map(([field, of]) => (
            <tr key={field}>
              <td>
                <code>{field}</code>
                {schema.required?.includes(field) ? "" : " (may be left out)"}
              </td>
              <td>
                <Words all={words(of)} />
              </td>
              <td>
                <Prose text={of.description} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </article>
  );
}

function Calls() {
  return (
    <main class="calls">
      <h1>{info.title}: the server's calls</h1>
      <p>
        Version {info.version}. Every call takes the header <code>X-Studio-Token</code>, with the token of the address
        that the server printed. <code>GET /api/openapi.json</code> gives this description to programs;{" "}
        <code>docs/studio.md</code> says what a container is. What is refused is answered with{" "}
        <a href="#Error">Error</a>.
      </p>
      <h2>Calls</h2>
      {Object.entries(paths).flatMap(([path, calls]) =>
        Object.entries(calls).map(([method, call]) => (
          <CallEntry key={method + path} path={path} method={method} call={call} />
        )),
      )}
      <h2>What is sent</h2>
      {Object.entries(components.schemas)
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([name, schema]) => (
          <SchemaEntry key={name} name={name} schema={schema} />
        ))}
    </main>
  );
}

document.documentElement.dataset["theme"] = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
render(<Calls />, document.getElementById("root")!);
