/// The rules that are shipped: the files of Sources/Detection/Rules, embedded when the program is built.
public enum BuiltInRules {
    private static let embedded: [(name: String, rules: [UInt8], fixtures: [UInt8])] = [
        ("D-01", PackageResources.D_01_yml, PackageResources.D_01_fixtures_json),
        ("D-02", PackageResources.D_02_yml, PackageResources.D_02_fixtures_json),
        ("D-03", PackageResources.D_03_yml, PackageResources.D_03_fixtures_json),
        ("D-04", PackageResources.D_04_yml, PackageResources.D_04_fixtures_json),
        ("D-05", PackageResources.D_05_yml, PackageResources.D_05_fixtures_json),
        ("D-06", PackageResources.D_06_yml, PackageResources.D_06_fixtures_json),
        ("D-07", PackageResources.D_07_yml, PackageResources.D_07_fixtures_json),
        ("D-08", PackageResources.D_08_yml, PackageResources.D_08_fixtures_json),
        ("D-09", PackageResources.D_09_yml, PackageResources.D_09_fixtures_json),
        ("D-10", PackageResources.D_10_yml, PackageResources.D_10_fixtures_json),
        ("D-11", PackageResources.D_11_yml, PackageResources.D_11_fixtures_json),
        ("D-12", PackageResources.D_12_yml, PackageResources.D_12_fixtures_json),
        ("D-13", PackageResources.D_13_yml, PackageResources.D_13_fixtures_json),
        ("D-14", PackageResources.D_14_yml, PackageResources.D_14_fixtures_json),
        ("D-15", PackageResources.D_15_yml, PackageResources.D_15_fixtures_json),
        ("D-16", PackageResources.D_16_yml, PackageResources.D_16_fixtures_json),
        ("D-17", PackageResources.D_17_yml, PackageResources.D_17_fixtures_json),
        ("D-18", PackageResources.D_18_yml, PackageResources.D_18_fixtures_json),
        ("D-19", PackageResources.D_19_yml, PackageResources.D_19_fixtures_json),
        ("D-20", PackageResources.D_20_yml, PackageResources.D_20_fixtures_json),
        ("D-21", PackageResources.D_21_yml, PackageResources.D_21_fixtures_json),
        ("D-22", PackageResources.D_22_yml, PackageResources.D_22_fixtures_json),
        ("D-23", PackageResources.D_23_yml, PackageResources.D_23_fixtures_json),
        ("D-24", PackageResources.D_24_yml, PackageResources.D_24_fixtures_json),
        ("D-26", PackageResources.D_26_yml, PackageResources.D_26_fixtures_json),
        ("D-27", PackageResources.D_27_yml, PackageResources.D_27_fixtures_json),
        ("D-28", PackageResources.D_28_yml, PackageResources.D_28_fixtures_json),
        ("D-29", PackageResources.D_29_yml, PackageResources.D_29_fixtures_json),
        ("D-30", PackageResources.D_30_yml, PackageResources.D_30_fixtures_json),
    ]

    /// The rule files, each with its fixtures.
    public static var files: [RuleFile] {
        embedded.map {
            RuleFile(name: $0.name + ".yml", text: String(decoding: $0.rules, as: UTF8.self), fixtures: $0.fixtures)
        }
    }

    /// The rules, checked.
    public static func pack() throws(RulePackError) -> RulePack { try RulePack(files: files) }
}
