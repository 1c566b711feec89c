import { Stack } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { Settings } from "../settings.js";

/** The variables that make Kaiwa offer the models of Bedrock. */
export function modelEnvironment(scope: Construct, settings: Settings): Record<string, string> {
  const provider = {
    name: "bedrock",
    kind: "bedrock",
    region: settings.modelRegion ?? Stack.of(scope).region,
    ...(settings.models.length > 0 ? { models: settings.models } : {}),
  };
  return { KAIWA_PROVIDERS: Stack.of(scope).toJsonString([provider]) };
}

/**
 * Lets `role` list and call Bedrock's models, and nothing else of Bedrock. A cross-region profile calls the model in
 * any region of its group, so the region is open; the actions are not.
 */
export function grantModels(scope: Construct, role: iam.IRole): void {
  const { partition, account } = Stack.of(scope);
  role.addToPrincipalPolicy(
    new iam.PolicyStatement({
      sid: "CallModels",
      actions: ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
      resources: [
        `arn:${partition}:bedrock:*::foundation-model/*`,
        `arn:${partition}:bedrock:*:${account}:inference-profile/*`,
        `arn:${partition}:bedrock:*:${account}:application-inference-profile/*`,
      ],
    }),
  );
  role.addToPrincipalPolicy(
    new iam.PolicyStatement({
      sid: "ListModels",
      actions: ["bedrock:ListFoundationModels", "bedrock:ListInferenceProfiles"],
      resources: ["*"],
    }),
  );
}

/** Why the stars of `grantModels()` are right; for whoever owns the role's policy. */
export const modelFindings: Record<string, string> = {
  "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:bedrock:*::foundation-model/*]":
    "The administrator chooses models in the page; an account's model access is the boundary.",
  "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:bedrock:*:<AWS::AccountId>:inference-profile/*]":
    "Cross-region profiles, whose ids AWS adds over time.",
  "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:bedrock:*:<AWS::AccountId>:application-inference-profile/*]":
    "The account's own profiles, which administrators make over time.",
  "AwsSolutions-IAM5[Resource::*]": "The two List actions of Bedrock know no resource.",
};
