import { Stack } from "aws-cdk-lib";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as iam from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";

/** Lets `role` work on single items of a table that another system goes on using. */
export function shareTable(scope: Construct, id: string, tableName: string, role: iam.IRole, actions: ("GetItem" | "UpdateItem" | "DeleteItem")[]): void {
  const table = dynamodb.Table.fromTableName(Stack.of(scope), id, tableName);
  role.addToPrincipalPolicy(
    new iam.PolicyStatement({
      sid: `Share${id}`,
      actions: actions.map((action) => `dynamodb:${action}`),
      resources: [table.tableArn],
    }),
  );
}
