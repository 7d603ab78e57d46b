import FoundationEssentials

/// Milliseconds since 1970 by the operating system's clock.
func wallClockMilliseconds() -> Int64 {
    Int64(Date().timeIntervalSince1970 * 1000)
}
