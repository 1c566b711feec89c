import { Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** Lets a rule's finding stand, with the reason why it is right here. */
export function acknowledge(where: IConstruct, findings: Record<string, string>): void {
  for (const [id, reason] of Object.entries(findings)) Validations.of(where).acknowledge({ id, reason });
}
