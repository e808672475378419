pluginManagement { includeBuild("build-logic") }
rootProject.name = "shop"
include(":core")
