"""The posting rules of groups: kept in versions, inherited down the tree, tested before they speak."""
