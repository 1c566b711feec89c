import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Node } from "constructs";

/** What whoever deploys may decide: `cdk deploy NAME -c key=value`. docs/aws.md says what each means. */
export interface Settings {
  /** Region of the Bedrock models, where it is not the stack's own. */
  readonly modelRegion: string | undefined;
  /** Patterns of the models that are offered. */
  readonly models: string[];
  /** User name of the first administrator; the password is made in Secrets Manager. */
  readonly administrator: string;
  /** An existing VPC; without it one is made, with no way to the internet. */
  readonly vpcId: string | undefined;
  /** Address ranges of the company: only these reach the load balancer. */
  readonly companyRanges: string[];
  /** Certificate (ACM) of the load balancer; without it the listener speaks HTTP inside the VPC. */
  readonly certificateArn: string | undefined;
  /** Where people open it, e.g. https://chat.example.com: the certificate's name, which leads to the balancer. */
  readonly address: string | undefined;
  /** Existing tables, used in place instead of new ones. */
  readonly chatTable: string | undefined;
  readonly userTable: string | undefined;
  /** Tables of the systems that dialects replace, used in place: LangChain's sessions, GPTGRAM's roles. */
  readonly historyTable: string | undefined;
  readonly rolesTable: string | undefined;
  /** Who may call the function URL: NONE (Kaiwa checks keys and sessions) or AWS_IAM. */
  readonly functionUrlAuth: "NONE" | "AWS_IAM";
  /** How many requests the function serves at once; without it, what the account has left. */
  readonly concurrency: number | undefined;
  /** What stands between CloudFront and the function: a REST API or the function URL. */
  readonly front: "api" | "url";
  /** The zip that `make lambda` leaves. */
  readonly functionZip: string;
  /** The folder that `make image` leaves: a Containerfile and the root file system. */
  readonly imageFolder: string;
}

const fromRoot = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

function text(node: Node, key: string): string | undefined {
  const value: unknown = node.tryGetContext(key);
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw new Error(`${key}: expected text, got ${JSON.stringify(value)}`);
  return value;
}

function list(node: Node, key: string, fallback: string[]): string[] {
  return text(node, key)?.split(",").map((item) => item.trim()).filter(Boolean) ?? fallback;
}

function choice<T extends string>(node: Node, key: string, allowed: readonly [T, ...T[]]): T {
  const value = text(node, key) ?? allowed[0];
  const found = allowed.find((candidate) => candidate === value);
  if (!found) throw new Error(`${key}: expected ${allowed.join(" or ")}, got ${value}`);
  return found;
}

function count(node: Node, key: string): number | undefined {
  const value = text(node, key);
  if (value !== undefined && !/^[1-9]\d*$/.test(value)) throw new Error(`${key}: expected a number from 1 on, got ${value}`);
  return value === undefined ? undefined : Number(value);
}

function built(node: Node, key: string, fallback: string, verb: string): string {
  const path = text(node, key) ?? fromRoot(fallback);
  if (!existsSync(path)) throw new Error(`${key}: ${path} does not exist; run \`make ${verb}\` first`);
  return path;
}

export function readSettings(node: Node): Settings {
  const ranges = list(node, "companyRanges", ["10.0.0.0/8"]);
  const wrong = ranges.find((range) => !/^\d+(\.\d+){3}\/\d+$/.test(range));
  if (wrong) throw new Error(`companyRanges: expected ranges such as 10.0.0.0/8, got ${wrong}`);
  const address = text(node, "address");
  const certificateArn = text(node, "certificateArn");
  if (address !== undefined && !/^https?:\/\/[^/]+$/.test(address))
    throw new Error(`address: expected an address such as https://chat.example.com, without a path, got ${address}`);
  if (certificateArn && !address?.startsWith("https:"))
    throw new Error("certificateArn: give `address` too, https:// and the name that the certificate is for: nobody is answered under another");
  return {
    modelRegion: text(node, "modelRegion"),
    models: list(node, "models", []),
    administrator: text(node, "administrator") ?? "admin",
    vpcId: text(node, "vpcId"),
    companyRanges: ranges,
    certificateArn,
    address,
    chatTable: text(node, "chatTable"),
    userTable: text(node, "userTable"),
    historyTable: text(node, "historyTable"),
    rolesTable: text(node, "rolesTable"),
    functionUrlAuth: choice(node, "functionUrlAuth", ["NONE", "AWS_IAM"]),
    concurrency: count(node, "concurrency"),
    front: choice(node, "front", ["api", "url"]),
    functionZip: built(node, "functionZip", "build/kaiwa-lambda.zip", "lambda"),
    imageFolder: built(node, "imageFolder", "build/image", "image"),
  };
}
