import { App, Tags, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { CloudFrontStack } from "./homes/cloudfront.js";
import { FargateStack } from "./homes/fargate.js";
import { FunctionUrlStack } from "./homes/function-url.js";
import { ServerStack } from "./homes/server.js";
import { readSettings } from "./settings.js";

const app = new App();
const settings = readSettings(app.node);
// A lookup of an existing VPC needs to know where; without it the templates fit any account and region.
const env = settings.vpcId ? { account: process.env["CDK_DEFAULT_ACCOUNT"], region: process.env["CDK_DEFAULT_REGION"] } : undefined;
const props = env ? { env } : {};

new ServerStack(app, "KaiwaServer", settings, { ...props, description: "Kaiwa on one instance, reached through Systems Manager" });
new FunctionUrlStack(app, "KaiwaFunctionUrl", settings, { ...props, description: "Kaiwa as a function behind its URL" });
new CloudFrontStack(app, "KaiwaCloudFront", settings, { ...props, description: "Kaiwa as a function behind CloudFront, with Cognito" });
new FargateStack(app, "KaiwaFargate", settings, { ...props, description: "Kaiwa on Fargate behind an internal load balancer" });

Tags.of(app).add("application", "kaiwa");
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
