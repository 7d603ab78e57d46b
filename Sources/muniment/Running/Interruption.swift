import UnixSignals

/// Waits for the wish to stop: SIGTERM or SIGINT.
enum Interruption {
    static func wait() async {
        for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { return }
    }
}
