# The ledger, and every blob of every release that can be gone back to. A record that a hand has deleted can be had back
# for a month.
module "release_bucket" {
  source             = "./modules/private-bucket"
  name               = local.release
  keep_versions_days = 30
}
