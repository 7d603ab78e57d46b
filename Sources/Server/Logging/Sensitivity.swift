public import Logging

/// Marks a metadata value where it is logged: `"caller": "\(number, .personal)"`.
public enum Sensitivity: Int64, Logger.MetadataValueAttributes.Attribute {
    /// Says something of a person. Never leaves the process in a log line.
    case personal = 1
}

extension Logger.MetadataValue.StringInterpolation {
    /// Adds a value and marks the whole text.
    public mutating func appendInterpolation(_ value: some CustomStringConvertible, _ sensitivity: Sensitivity) {
        appendInterpolation(value, attributes: [sensitivity])
    }
}
