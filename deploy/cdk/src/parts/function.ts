import { ArnFormat, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as events from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { acknowledge } from "../rules.js";
import type { Settings } from "../settings.js";
import { grantModels, modelEnvironment, modelFindings } from "./models.js";
import { Secrets } from "./secrets.js";
import { Storage } from "./storage.js";

/** Kaiwa as a function, with its tables, its bucket, its secrets and the least rights. */
export class KaiwaFunction extends Construct {
  readonly function: lambda.Function;
  readonly role: iam.Role;
  readonly secrets: Secrets;

  constructor(scope: Construct, id: string, settings: Settings, environment: Record<string, string>) {
    super(scope, id);
    const storage = new Storage(this, "Storage", settings);
    this.secrets = new Secrets(this, "Secrets", settings);
    const logGroup = new logs.LogGroup(this, "Logs", {
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const role = new iam.Role(this, "Role", { assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com") });
    this.role = role;
    logGroup.grantWrite(role);

    this.function = new lambda.Function(this, "Function", {
      description: "Kaiwa chat server",
      runtime: lambda.Runtime.PROVIDED_AL2023,
      architecture: lambda.Architecture.X86_64,
      handler: "bootstrap",
      code: lambda.Code.fromAsset(settings.functionZip),
      role,
      logGroup,
      memorySize: 512,
      timeout: Duration.minutes(15),
      ...(settings.concurrency ? { reservedConcurrentExecutions: settings.concurrency } : {}),
      environment: {
        ...storage.environment(),
        ...this.secrets.environment(),
        ...modelEnvironment(this, settings),
        KAIWA_DATA: "/tmp/kaiwa",
        ...environment,
      },
    });
    // Between two requests a function does nothing: what is past its time is removed by the clock.
    new events.Rule(this, "Clean", {
      description: "Kaiwa: removes what is past its time",
      schedule: events.Schedule.rate(Duration.hours(1)),
      targets: [new targets.LambdaFunction(this.function, { event: events.RuleTargetInput.fromObject({ kaiwa: "clean" }), retryAttempts: 0 })],
    });
    storage.grant(role);
    this.secrets.grant(role);
    grantModels(this, role);
    // A turn that was answered with 202 runs in an asynchronous invocation of this very function. The name is written
    // out of the stack's own, because a policy that names the function would wait for itself.
    role.addToPrincipalPolicy(
      new iam.PolicyStatement({
        sid: "RunTurns",
        actions: ["lambda:InvokeFunction"],
        resources: [Stack.of(this).formatArn({ service: "lambda", resource: "function", resourceName: `${Stack.of(this).stackName}-*`, arnFormat: ArnFormat.COLON_RESOURCE_NAME })],
      }),
    );
    acknowledge(role, {
      ...modelFindings,
      [`AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:${Stack.of(this).stackName}-*]`]:
        "Functions of this stack: the one that asks.",
    });
  }
}
