import { RemovalPolicy } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as logs from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { acknowledge } from "../rules.js";

/** The services that Kaiwa and its start-up call, each reached inside the VPC. */
const services = {
  Bedrock: ec2.InterfaceVpcEndpointAwsService.BEDROCK,
  BedrockRuntime: ec2.InterfaceVpcEndpointAwsService.BEDROCK_RUNTIME,
  Logs: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  Registry: ec2.InterfaceVpcEndpointAwsService.ECR,
  RegistryImages: ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
  SecretsManager: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  Sts: ec2.InterfaceVpcEndpointAwsService.STS,
};

/** A VPC without gateway or NAT: nothing in it reaches the internet, and nothing outside reaches it. */
export function makeClosedVpc(scope: Construct, id: string): ec2.Vpc {
  const vpc = new ec2.Vpc(scope, id, {
    maxAzs: 2,
    natGateways: 0,
    subnetConfiguration: [{ name: "closed", subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 22 }],
    gatewayEndpoints: {
      DynamoDb: { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB },
      S3: { service: ec2.GatewayVpcEndpointAwsService.S3 },
    },
  });
  vpc.addFlowLog("FlowLog", {
    destination: ec2.FlowLogDestination.toCloudWatchLogs(
      new logs.LogGroup(vpc, "FlowLogs", { retention: logs.RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY }),
    ),
  });
  for (const [name, service] of Object.entries(services)) {
    const endpoint = vpc.addInterfaceEndpoint(name, { service, privateDnsEnabled: true });
    acknowledge(endpoint, {
      "AwsSolutions-EC23": "Open to the VPC's own range only, which the rule cannot read before the VPC is made.",
    });
  }
  return vpc;
}
