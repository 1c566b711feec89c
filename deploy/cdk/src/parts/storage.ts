import { RemovalPolicy } from "aws-cdk-lib";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as iam from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { Settings } from "../settings.js";

/**
 * Everything that Kaiwa keeps: the chat table and the user table in the layout of an existing Chainlit
 * installation. Kept when the stack is deleted.
 */
export class Storage extends Construct {
  readonly chats: dynamodb.ITable;
  readonly users: dynamodb.ITable;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    this.chats = settings.chatTable
      ? dynamodb.Table.fromTableAttributes(this, "Chats", { tableName: settings.chatTable, globalIndexes: ["UserThread"] })
      : this.makeChats();
    this.users = settings.userTable
      ? dynamodb.Table.fromTableName(this, "Users", settings.userTable)
      : this.makeTable("Users", { partitionKey: { name: "username", type: dynamodb.AttributeType.STRING } });
  }

  /** Lets `role` read and write what is here, and nothing else. */
  grant(role: iam.IRole): void {
    role.addToPrincipalPolicy(
      new iam.PolicyStatement({
        sid: "KeepChats",
        actions: [
          "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem",
          "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan",
          "dynamodb:UpdateItem",
        ],
        resources: [this.chats.tableArn, `${this.chats.tableArn}/index/UserThread`, this.users.tableArn],
      }),
    );
  }

  /** The variables that make Kaiwa use it. */
  environment(): Record<string, string> {
    return {
      KAIWA_STORE__KIND: "dynamodb",
      KAIWA_STORE__DYNAMODB__TABLE: this.chats.tableName,
      KAIWA_STORE__DYNAMODB__USER_TABLE: this.users.tableName,
      // Files would lie where the next task or function does not see them.
      KAIWA_UPLOADS__ENABLED: "false",
    };
  }

  private makeChats(): dynamodb.Table {
    const table = this.makeTable("Chats", {
      partitionKey: { name: "PK", type: dynamodb.AttributeType.STRING },
      sortKey: { name: "SK", type: dynamodb.AttributeType.STRING },
    });
    table.addGlobalSecondaryIndex({
      indexName: "UserThread",
      partitionKey: { name: "UserThreadPK", type: dynamodb.AttributeType.STRING },
      sortKey: { name: "UserThreadSK", type: dynamodb.AttributeType.STRING },
      projectionType: dynamodb.ProjectionType.INCLUDE,
      nonKeyAttributes: ["id", "name"],
    });
    return table;
  }

  private makeTable(id: string, keys: Pick<dynamodb.TableProps, "partitionKey" | "sortKey">): dynamodb.Table {
    return new dynamodb.Table(this, id, {
      ...keys,
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}
