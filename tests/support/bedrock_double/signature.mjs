// Says whether a request may come in, as the service does: SigV4 checked with the vendor's own
// signer, or an API key.
import { Sha256 } from "@aws-crypto/sha256-js";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";

/** Who is known: permanent keys, and temporary ones whose token must be there. */
export const identities = {
  AKIDBEDROCK: { secret: "bedrock-secret" },
  ASIABEDROCK: { secret: "temporary-secret", token: "temporary/token==" },
};
export const apiKey = "bedrock-api-key-canary";

const scheme =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
const longestSkew = 5 * 60 * 1000;

/** Nothing when it may; else `{code, message}` in the service's words. */
export async function refusal(request, body, service) {
  const authorization = request.headers.authorization ?? "";
  const no = (code, message) => ({ code, message });
  if (authorization.startsWith("Bearer ")) {
    if (authorization === `Bearer ${apiKey}`) return undefined;
    return no("AccessDeniedException", "Authentication failed: Please make sure your API Key is valid.");
  }
  const parts = scheme.exec(authorization);
  if (!parts) return no("MissingAuthenticationTokenException", "Missing Authentication Token");
  const [, keyId, day, region, scope, signedNames, signature] = parts;
  const identity = identities[keyId];
  if (!identity || identity.token !== request.headers["x-amz-security-token"])
    return no("UnrecognizedClientException", "The security token included in the request is invalid.");
  if (scope !== service) return no("InvalidSignatureException", `Credential should be scoped to correct service: '${service}'.`);
  const date = request.headers["x-amz-date"];
  if (!date?.startsWith(day)) return no("InvalidSignatureException", "Date in Credential scope does not match the date of the request.");
  const when = new Date(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (!(Math.abs(Date.now() - when) <= longestSkew)) return no("InvalidSignatureException", `Signature expired: ${date}`);
  const names = signedNames.split(";");
  if (!names.includes("host")) return no("InvalidSignatureException", "'host' must be a 'SignedHeader'");
  for (const name of Object.keys(request.headers))
    if (name.startsWith("x-amz-") && !names.includes(name)) return no("InvalidSignatureException", `'${name}' must be a 'SignedHeader'`);

  const url = new URL(request.url, "http://double");
  const query = {};
  for (const [name, value] of url.searchParams) query[name] = name in query ? [].concat(query[name], value) : value;
  const headers = Object.fromEntries(names.map((name) => [name, request.headers[name] ?? ""]));
  const signer = new SignatureV4({
    credentials: { accessKeyId: keyId, secretAccessKey: identity.secret },
    region,
    service,
    sha256: Sha256,
    applyChecksum: false,
  });
  const unsigned = new HttpRequest({ method: request.method, protocol: "http:", hostname: "double", path: url.pathname, query, headers, body });
  const signed = await signer.sign(unsigned, { signingDate: when, signableHeaders: new Set(names) });
  const [, ourNames, ours] = /SignedHeaders=([^,]+), Signature=(\w+)/.exec(signed.headers.authorization);
  if (ourNames !== signedNames || ours !== signature)
    return no("InvalidSignatureException", "The request signature we calculated does not match the signature you provided.");
  return undefined;
}
