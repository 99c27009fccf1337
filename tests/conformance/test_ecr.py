"""aws_ecr_repository held to Terraform's provider.

The emulator's Resource Groups Tagging API does not list repositories, AWS's does: no tags here, they are held by
``tests/catalog/test_ecr.py``.
"""

from conformance.harness import Case

ESTATE = """
resource "aws_ecr_repository" "app" {
  name                 = "shop/app"
  force_delete         = true
  image_tag_mutability = "IMMUTABLE"
  image_scanning_configuration {
    scan_on_push = true
  }
  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = "arn:aws:kms:us-east-1:123456789012:key/1"
  }
}

resource "aws_ecr_repository" "own_key" {
  name = "own-key"
  encryption_configuration {
    encryption_type = "KMS"
  }
}

resource "aws_ecr_repository" "bare" {
  name = "bare"
}

resource "aws_ecr_repository" "gone" {
  name = "gone"
}
"""


def test_repositories_agree_with_terraform(case: Case) -> None:
    """Silent after apply; then exactly what was changed behind its back."""
    case.apply(ESTATE)
    clean = case.detect()
    case.assert_silent(clean)
    case.compare_with_referee(clean)

    ecr = case.client("ecr")
    ecr.put_image_tag_mutability(repositoryName="shop/app", imageTagMutability="MUTABLE")
    ecr.put_image_scanning_configuration(repositoryName="shop/app", imageScanningConfiguration={"scanOnPush": False})
    ecr.put_image_tag_mutability(repositoryName="bare", imageTagMutability="IMMUTABLE")
    ecr.put_image_scanning_configuration(repositoryName="bare", imageScanningConfiguration={"scanOnPush": True})
    ecr.delete_repository(repositoryName="gone")
    ecr.create_repository(repositoryName="stranger")
    # Encryption is fixed for a repository's life: one of the same name with another is what can happen to it.
    ecr.delete_repository(repositoryName="own-key")
    ecr.create_repository(repositoryName="own-key")
    changed = case.detect()
    case.assert_exactly(
        changed,
        {
            ("changed", "aws_ecr_repository.app", "image_tag_mutability"),
            ("changed", "aws_ecr_repository.app", "image_scanning_configuration[0].scan_on_push"),
            ("changed", "aws_ecr_repository.bare", "image_tag_mutability"),
            ("changed", "aws_ecr_repository.bare", "image_scanning_configuration[0].scan_on_push"),
            ("changed", "aws_ecr_repository.own_key", "encryption_configuration[0].encryption_type"),
            ("changed", "aws_ecr_repository.own_key", "encryption_configuration[0].kms_key"),
            ("missing", "aws_ecr_repository.gone"),
            ("unmanaged", "aws_ecr_repository", "stranger", None),
        },
    )
    case.compare_with_referee(changed)
