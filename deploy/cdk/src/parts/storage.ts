import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as iam from "aws-cdk-lib/aws-iam";
import * as s3 from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { acknowledge } from "../rules.js";
import type { Settings } from "../settings.js";

/**
 * Everything that Kaiwa keeps: the chat table and the user table in the layout of an existing Chainlit
 * installation, and a bucket for files. Kept when the stack is deleted.
 */
export class Storage extends Construct {
  readonly chats: dynamodb.ITable;
  readonly users: dynamodb.ITable;
  readonly files: s3.Bucket;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    this.chats = settings.chatTable
      ? dynamodb.Table.fromTableAttributes(this, "Chats", { tableName: settings.chatTable, globalIndexes: ["UserThread"] })
      : this.makeChats();
    this.users = settings.userTable
      ? dynamodb.Table.fromTableName(this, "Users", settings.userTable)
      : this.makeTable("Users", { partitionKey: { name: "username", type: dynamodb.AttributeType.STRING } });
    this.files = new s3.Bucket(this, "Files", {
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    });
    acknowledge(this.files, {
      "AwsSolutions-S1": "Kaiwa logs every read of a file with the person who asked; the bucket has no other reader.",
    });
  }

  /** Lets `role` read and write what is here, and nothing else. */
  grant(role: iam.IRole): void {
    role.addToPrincipalPolicy(
      new iam.PolicyStatement({
        sid: "KeepChats",
        actions: [
          "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem",
          "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
        ],
        resources: [this.chats.tableArn, `${this.chats.tableArn}/index/UserThread`, this.users.tableArn],
      }),
    );
    role.addToPrincipalPolicy(
      new iam.PolicyStatement({ sid: "ListUsers", actions: ["dynamodb:Scan"], resources: [this.users.tableArn] }),
    );
    role.addToPrincipalPolicy(
      new iam.PolicyStatement({
        sid: "KeepFiles",
        actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
        resources: [this.files.arnForObjects("*")],
      }),
    );
    // Without it S3 says 403 for a file that is not there, and Kaiwa could not tell that from a missing right.
    role.addToPrincipalPolicy(
      new iam.PolicyStatement({ sid: "FindFiles", actions: ["s3:ListBucket"], resources: [this.files.bucketArn] }),
    );
    const bucket = Stack.of(this).getLogicalId(this.files.node.defaultChild as s3.CfnBucket);
    acknowledge(role, { [`AwsSolutions-IAM5[Resource::<${bucket}.Arn>/*]`]: "The files of this bucket, whose names Kaiwa makes." });
  }

  /** The variables that make Kaiwa use it. */
  environment(): Record<string, string> {
    return {
      KAIWA_STORE__KIND: "dynamodb",
      KAIWA_STORE__DYNAMODB__TABLE: this.chats.tableName,
      KAIWA_STORE__DYNAMODB__USER_TABLE: this.users.tableName,
      KAIWA_FILES__KIND: "s3",
      KAIWA_FILES__S3__BUCKET: this.files.bucketName,
    };
  }

  private makeChats(): dynamodb.Table {
    const table = this.makeTable("Chats", {
      timeToLiveAttribute: "kaiwaExpires",
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

  private makeTable(id: string, keys: Pick<dynamodb.TableProps, "partitionKey" | "sortKey" | "timeToLiveAttribute">): dynamodb.Table {
    return new dynamodb.Table(this, id, {
      ...keys,
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}
