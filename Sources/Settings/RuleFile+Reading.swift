public import Detection

extension RuleFile {
    /// Reads a rule file, and the fixtures beside it when there are some. Fixtures that cannot be read are taken as empty ones, which
    /// `muniment rules test` refuses by name.
    /// - Returns: nil when the rule file cannot be read.
    public init?(path: String) {
        guard case .success(let bytes) = FileChecks.contents(path, isSecret: false) else { return nil }
        let fixtures: [UInt8]? =
            switch FileChecks.contents(Self.fixtureName(beside: path), isSecret: false) {
            case .success(let bytes): bytes
            case .failure(let fault): fault.isMissing ? nil : []
            }
        self.init(name: path, text: String(decoding: bytes, as: UTF8.self), fixtures: fixtures)
    }
}
