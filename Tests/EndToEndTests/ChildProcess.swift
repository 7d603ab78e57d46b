import Foundation
import Glibc
import Synchronization

/// A process of the test's own. Many come and go here at once, which Foundation's `Process` on Linux does not outlive every time.
final class ChildProcess: Sendable {
    struct NotStarted: Error, CustomStringConvertible { let description: String }

    let identifier: pid_t
    /// How it ended, once somebody has waited for it: an exit status, or the signal.
    private let ending = Mutex<Int32?>(nil)

    /// Starts a program that reads a file and whose output is appended to files.
    init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = ProcessInfo.processInfo.environment,
        input: String = "/dev/null",
        output: String,
        errors: String
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let words = ([program] + arguments).map { strdup($0) }
        let variables = environment.map { strdup($0.key + "=" + $0.value) }
        defer { for text in words + variables { free(text) } }
        var process: pid_t = 0
        let failure = posix_spawn(&process, program, &actions, nil, words + [nil], variables + [nil])
        guard failure == 0 else { throw NotStarted(description: "\(program): \(String(cString: strerror(failure)))") }
        identifier = process
    }

    /// Waits for its end. Blocks its thread.
    /// - Returns: the exit status, or the number of the signal that ended it.
    func waitBlocking() -> Int32 {
        ending.withLock { ending in
            if let ending { return ending }
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7F
            let result = signal == 0 ? (status >> 8) & 0xFF : signal
            ending = result
            return result
        }
    }

    /// Whether it has not ended yet.
    var isRunning: Bool {
        ending.withLock { ending in
            if ending != nil { return false }
            var status: Int32 = 0
            guard waitpid(identifier, &status, WNOHANG) == identifier else { return true }
            let signal = status & 0x7F
            ending = signal == 0 ? (status >> 8) & 0xFF : signal
            return false
        }
    }

    /// Sends it a signal, unless it has ended.
    func send(_ signal: Int32) {
        // Not reaped yet, so that the number still is this process's.
        if isRunning { kill(identifier, signal) }
    }
}
