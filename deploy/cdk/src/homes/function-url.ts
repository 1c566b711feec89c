import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import * as lambda from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { KaiwaFunction } from "../parts/function.js";
import { shareTable } from "../parts/shared-table.js";
import type { Settings } from "../settings.js";

/** A function behind its own URL, open or signed, which answers `?input_text=` as well as the page. */
export class FunctionUrlStack extends Stack {
  constructor(scope: Construct, id: string, settings: Settings, props: StackProps) {
    super(scope, id, props);
    const kaiwa = new KaiwaFunction(this, "Kaiwa", settings, {
      KAIWA_LAMBDA__RESPONSE: "stream",
      KAIWA_COMPAT__ENDPOINTS: JSON.stringify(["lambda-url"]),
      KAIWA_COMPAT__PRINCIPAL: settings.functionUrlAuth === "AWS_IAM" ? "iam" : "api-key",
      ...(settings.historyTable ? { KAIWA_COMPAT__HISTORY: "langchain", KAIWA_COMPAT__HISTORY_TABLE: settings.historyTable } : {}),
    });
    if (settings.historyTable) shareTable(this, "Sessions", settings.historyTable, kaiwa.role, ["GetItem", "UpdateItem"]);
    const url = kaiwa.function.addFunctionUrl({
      authType: lambda.FunctionUrlAuthType[settings.functionUrlAuth],
      invokeMode: lambda.InvokeMode.RESPONSE_STREAM,
    });
    new CfnOutput(this, "Url", { value: url.url });
    new CfnOutput(this, "AdministratorPassword", { value: kaiwa.secrets.administrator.secretName });
  }
}
