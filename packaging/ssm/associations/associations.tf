# Terraform: the same three associations as the CloudFormation templates beside this file.

variable "tag_key" {
  type    = string
  default = "Cluster"
}

variable "tag_value" {
  type = string
}

resource "aws_ssm_association" "check" {
  association_name            = "FsxLustre-Check"
  name                        = "FsxLustre-Check"
  schedule_expression         = "cron(15 3 ? * * *)"
  apply_only_at_cron_interval = true
  max_concurrency             = "10%"
  max_errors                  = "100%"
  compliance_severity         = "HIGH"
  sync_compliance             = "AUTO"

  parameters = {
    Only = "local"
  }

  targets {
    key    = "tag:${var.tag_key}"
    values = [var.tag_value]
  }
}

resource "aws_ssm_association" "compliance" {
  association_name            = "FsxLustre-Compliance"
  name                        = "AWS-RunShellScript"
  schedule_expression         = "cron(0 0/1 * * ? *)"
  apply_only_at_cron_interval = true
  max_concurrency             = "50%"
  max_errors                  = "100%"
  compliance_severity         = "MEDIUM"
  sync_compliance             = "AUTO"

  parameters = {
    commands         = "exec /usr/bin/fsxlustre ssm compliance --splay 900"
    executionTimeout = "1200"
  }

  targets {
    key    = "tag:${var.tag_key}"
    values = [var.tag_value]
  }
}

resource "aws_ssm_association" "inventory" {
  association_name            = "FsxLustre-Inventory"
  name                        = "AWS-GatherSoftwareInventory"
  schedule_expression         = "cron(0 0/1 * * ? *)"
  apply_only_at_cron_interval = true
  max_concurrency             = "10%"
  max_errors                  = "100%"
  compliance_severity         = "LOW"
  sync_compliance             = "AUTO"

  parameters = {
    customInventory             = "Enabled"
    applications                = "Disabled"
    awsComponents               = "Disabled"
    networkConfig               = "Disabled"
    services                    = "Disabled"
    instanceDetailedInformation = "Disabled"
  }

  targets {
    key    = "tag:${var.tag_key}"
    values = [var.tag_value]
  }
}
