import { CfnOutput, Duration, Fn, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as cloudfront from "aws-cdk-lib/aws-cloudfront";
import * as origins from "aws-cdk-lib/aws-cloudfront-origins";
import * as cognito from "aws-cdk-lib/aws-cognito";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import * as s3 from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { KaiwaFunction } from "../parts/function.js";
import { shareTable } from "../parts/shared-table.js";
import { acknowledge } from "../rules.js";
import type { Settings } from "../settings.js";

/**
 * CloudFront in front of the function, whose answers stream, and a Cognito user pool whose tokens `POST /chat` and
 * `POST /main` take.
 */
export class CloudFrontStack extends Stack {
  constructor(scope: Construct, id: string, settings: Settings, props: StackProps) {
    super(scope, id, props);
    const pool = this.makeUserPool();
    const client = pool.addClient("Page", {
      authFlows: { userSrp: true },
      preventUserExistenceErrors: true,
      oAuth: { flows: { authorizationCodeGrant: true } },
    });
    const kaiwa = new KaiwaFunction(this, "Kaiwa", settings, {
      KAIWA_LAMBDA__RESPONSE: "stream",
      KAIWA_COMPAT__ENDPOINTS: JSON.stringify(["simplechat", "gptgram"]),
      KAIWA_COMPAT__PRINCIPAL: "issuer",
      KAIWA_COMPAT__ISSUER: pool.userPoolProviderUrl,
      KAIWA_COMPAT__AUDIENCE: client.userPoolClientId,
      ...(settings.front === "api" ? { KAIWA_COMPAT__STAGE: stage } : {}),
      ...(settings.rolesTable ? { KAIWA_COMPAT__GPTGRAM__ROLES_TABLE: settings.rolesTable } : {}),
    });
    if (settings.rolesTable) shareTable(this, "Roles", settings.rolesTable, kaiwa.role, ["GetItem", "UpdateItem", "DeleteItem"]);
    const logBucket = new s3.Bucket(this, "AccessLogs", {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: s3.ObjectOwnership.OBJECT_WRITER,
      lifecycleRules: [{ expiration: Duration.days(90) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    acknowledge(logBucket, { "AwsSolutions-S1": "This is the bucket of access logs; logs of its own would never end." });

    const distribution = new cloudfront.Distribution(this, "Distribution", {
      comment: "Kaiwa",
      defaultBehavior: {
        origin: settings.front === "api" ? this.makeApiOrigin(kaiwa.function) : this.makeUrlOrigin(kaiwa.function),
        allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        // Kaiwa says itself what may be kept: the page's assets for a year, everything else never.
        cachePolicy: new cloudfront.CachePolicy(this, "AsTold", {
          minTtl: Duration.seconds(0),
          defaultTtl: Duration.seconds(0),
          maxTtl: Duration.days(365),
          cookieBehavior: cloudfront.CacheCookieBehavior.all(),
          headerBehavior: cloudfront.CacheHeaderBehavior.allowList("Authorization", "Accept", "Origin"),
          queryStringBehavior: cloudfront.CacheQueryStringBehavior.all(),
          enableAcceptEncodingBrotli: true,
          enableAcceptEncodingGzip: true,
        }),
        originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        // Joined chunks would come late; nothing is compressed on the way.
        compress: false,
      },
      minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
      enableLogging: true,
      logBucket,
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
    });
    acknowledge(distribution, {
      "AwsSolutions-CFR1": "Where people sit is for the operator to say; Kaiwa asks everybody to sign in.",
      "AwsSolutions-CFR2": "A firewall costs a fixed sum a month; Kaiwa throttles sign-ins itself. Add one in front of a public site.",
      "AwsSolutions-CFR4": "The name is CloudFront's own, whose certificate fixes the protocol; bring a domain for TLS 1.2 only.",
    });
    new CfnOutput(this, "Url", { value: `https://${distribution.distributionDomainName}` });
    new CfnOutput(this, "UserPool", { value: pool.userPoolId });
    new CfnOutput(this, "UserPoolClient", { value: client.userPoolClientId });
    new CfnOutput(this, "AdministratorPassword", { value: kaiwa.secrets.administrator.secretName });
  }

  private makeUserPool(): cognito.UserPool {
    const pool = new cognito.UserPool(this, "Users", {
      signInAliases: { email: true },
      selfSignUpEnabled: true,
      autoVerify: { email: true },
      accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
      mfa: cognito.Mfa.OPTIONAL,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: { minLength: 12, requireLowercase: true, requireUppercase: true, requireDigits: true, requireSymbols: true },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    acknowledge(pool, {
      "AwsSolutions-COG2": "A second factor is offered, not forced: people sign up by themselves.",
      "AwsSolutions-COG3": "Threat protection needs the Plus plan, which is billed by person.",
      "AwsSolutions-COG8": "The Plus plan is billed by person; the operator may switch it on.",
    });
    return pool;
  }

  private makeUrlOrigin(target: lambda.Function): cloudfront.IOrigin {
    // Kaiwa checks who asks. A signed origin would need every browser to send the hash of its body.
    const url = target.addFunctionUrl({
      authType: lambda.FunctionUrlAuthType.NONE,
      invokeMode: lambda.InvokeMode.RESPONSE_STREAM,
    });
    return new origins.FunctionUrlOrigin(url, { readTimeout: Duration.seconds(60), keepaliveTimeout: Duration.seconds(60) });
  }

  private makeApiOrigin(target: lambda.Function): cloudfront.IOrigin {
    const accessLogs = new logs.LogGroup(this, "ApiLogs", { retention: logs.RetentionDays.THREE_MONTHS });
    const api = new apigateway.RestApi(this, "Api", {
      restApiName: `${this.stackName}-api`,
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      binaryMediaTypes: ["*/*"],
      cloudWatchRole: false,
      deployOptions: {
        stageName: stage,
        accessLogDestination: new apigateway.LogGroupLogDestination(accessLogs),
        accessLogFormat: apigateway.AccessLogFormat.jsonWithStandardFields(),
        throttlingRateLimit: 200,
        throttlingBurstLimit: 400,
      },
    });
    const integration = new apigateway.LambdaIntegration(target, {
      responseTransferMode: apigateway.ResponseTransferMode.STREAM,
      timeout: Duration.minutes(14),
    });
    api.root.addMethod("ANY", integration);
    const rest = api.root.addResource("{path+}").addMethod("ANY", integration);
    acknowledge(api.deploymentStage, {
      "AwsSolutions-APIG3": "A firewall costs a fixed sum a month; Kaiwa throttles sign-ins itself. Add one in front of a public site.",
      "AwsSolutions-APIG6": "Execution logs would hold what people write; access logs are on.",
    });
    for (const construct of [api, rest]) {
      acknowledge(construct, {
        "AwsSolutions-APIG2": "Kaiwa checks every body strictly and refuses fields that it does not know.",
        "AwsSolutions-APIG4": "Kaiwa checks who asks: sessions, keys and the pool's tokens.",
        "AwsSolutions-COG4": "Kaiwa checks the pool's tokens itself, so that the page's own routes pass too.",
      });
    }
    return new origins.HttpOrigin(Fn.select(2, Fn.split("/", api.url)), {
      originPath: `/${stage}`,
      readTimeout: Duration.seconds(60),
      keepaliveTimeout: Duration.seconds(60),
    });
  }
}

const stage = "prod";
