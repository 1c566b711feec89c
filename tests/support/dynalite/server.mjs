// DynamoDB as dynalite makes it, with the two things that it lacks and our store stands on: transactions, and what stands
// under the key of a refused write. Prints `listening PORT` (of 127.0.0.1); data are in memory.
//
// Calls are carried out one after the other, so a transaction is its actions in turn, taken back when one is refused.
import { once } from "node:events";
import http from "node:http";

import dynalite from "dynalite";

const operationsOf = { Put: "PutItem", Update: "UpdateItem", Delete: "DeleteItem", ConditionCheck: "UpdateItem" };
const refusedCode = "ConditionalCheckFailedException";
const errorPrefix = "com.amazonaws.dynamodb.v20120810#";

const inner = dynalite({ createTableMs: 20 });
inner.listen(0, "127.0.0.1");
await once(inner, "listening");

async function bodyOf(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** One call of dynalite, with the signature of the call that came in. */
async function call(caller, operation, request) {
  const headers = { ...caller, "x-amz-target": `DynamoDB_20120810.${operation}` };
  delete headers["content-length"];
  const body = JSON.stringify(request);
  const sent = http.request({ host: "127.0.0.1", port: inner.address().port, method: "POST", path: "/", headers });
  sent.end(body);
  const [answer] = await once(sent, "response");
  return { status: answer.statusCode, body: JSON.parse(await bodyOf(answer)) };
}

const refused = (answer) => answer.status === 400 && answer.body.__type?.endsWith(refusedCode);

const keyNames = new Map();
async function keyOf(caller, table, item) {
  if (!keyNames.has(table)) {
    const described = await call(caller, "DescribeTable", { TableName: table });
    if (described.status !== 200) return {};
    keyNames.set(table, described.body.Table.KeySchema.map((part) => part.AttributeName));
  }
  return Object.fromEntries(keyNames.get(table).map((name) => [name, item[name]]));
}

async function read(caller, table, key) {
  return (await call(caller, "GetItem", { TableName: table, Key: key, ConsistentRead: true })).body.Item;
}

async function putBack(caller, { table, key, item }) {
  if (item) await call(caller, "PutItem", { TableName: table, Item: item });
  else await call(caller, "DeleteItem", { TableName: table, Key: key });
}

const carriedOut = new Set();
async function transact(caller, request) {
  const token = request.ClientRequestToken;
  if (carriedOut.has(token)) return { status: 200, body: {} };
  const before = [];
  const takeBack = async () => {
    for (const each of before.toReversed()) await putBack(caller, each);
  };
  const reasons = [];
  for (const action of request.TransactItems) {
    const [[kind, { ReturnValuesOnConditionCheckFailure: wanted, ...body }]] = Object.entries(action);
    const key = body.Key ?? (await keyOf(caller, body.TableName, body.Item));
    const item = await read(caller, body.TableName, key);
    const place = { table: body.TableName, key, item };
    const answer = await call(caller, operationsOf[kind], body);
    if (answer.status === 200) {
      before.push(place);
      if (kind === "ConditionCheck") await putBack(caller, place);
      reasons.push({ Code: "None" });
    } else if (refused(answer)) {
      const found = wanted === "ALL_OLD" && item ? { Item: item } : {};
      reasons.push({ Code: "ConditionalCheckFailed", Message: answer.body.message, ...found });
    } else {
      await takeBack();
      return answer;
    }
  }
  if (reasons.some((reason) => reason.Code !== "None")) {
    await takeBack();
    const body = { __type: `${errorPrefix}TransactionCanceledException`, Message: "Transaction cancelled", CancellationReasons: reasons };
    return { status: 400, body };
  }
  if (token) carriedOut.add(token);
  return { status: 200, body: {} };
}

async function single(caller, operation, { ReturnValuesOnConditionCheckFailure: wanted, ...request }) {
  const answer = await call(caller, operation, request);
  if (wanted !== "ALL_OLD" || !refused(answer)) return answer;
  const key = request.Key ?? (await keyOf(caller, request.TableName, request.Item));
  const item = await read(caller, request.TableName, key);
  return item ? { ...answer, body: { ...answer.body, Item: item } } : answer;
}

let last = Promise.resolve();
/** Runs `work` when everything before it is done. */
function inTurn(work) {
  const mine = last.then(work);
  last = mine.catch(() => {});
  return mine;
}

const server = http.createServer(async (request, response) => {
  try {
    const operation = String(request.headers["x-amz-target"]).split(".").pop();
    const asked = JSON.parse(await bodyOf(request));
    const caller = request.headers;
    const answer = await inTurn(() =>
      operation === "TransactWriteItems" ? transact(caller, asked) : single(caller, operation, asked),
    );
    response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.0" });
    response.end(JSON.stringify(answer.body));
  } catch (error) {
    console.error(error);
    response.writeHead(500, { "content-type": "application/x-amz-json-1.0" });
    response.end(JSON.stringify({ __type: `${errorPrefix}InternalServerError`, message: String(error) }));
  }
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
// Whoever started this holds our input open; when it is gone, so are we.
process.stdin.on("end", () => process.exit(0)).resume();
