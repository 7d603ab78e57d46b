import AccessPolicy
import Genesys
import Measures
import NIOCore
import Redaction
import WallTime

extension ReadConnection {
    /// Whether the read of that number still waits for the upstream.
    func awaitsUpstream(_ number: UInt64) -> Bool {
        guard number == self.number, case .upstream = stage else { return false }
        return isOpen
    }

    // MARK: Binding

    func begin(_ state: ReadState) {
        read = state
        if let limit = state.route.velocity,
            !core.limiter.take(
                route: state.prepared.number,
                agent: state.request.agent,
                limit: limit,
                now: LoopContext.now()
            )
        {
            state.overVelocity = true
        }
        state.isNeighbour = core.neighbours.isNeighbour(
            state.request.customer,
            agent: state.request.agent,
            now: LoopContext.now()
        )
        guard let conversations = core.conversations else {
            state.platformRoles = []
            return decide()
        }
        let settings = core.settings.binding
        state.conversation = look(conversations, state, youngerThan: .max)
        if state.conversation?.grade == .contradicted {
            // These facts may be from before the agent joined: nothing is held against anybody before a look at newer ones.
            state.conversation = look(conversations, state, youngerThan: Int64(settings.recheckMilliseconds))
        }
        state.platformRoles = lookUpRoles(state)
        if state.conversation != nil, state.platformRoles != nil {
            decide()
        } else {
            stage = .binding(until: LoopContext.now() + Int64(settings.budgetMilliseconds))
        }
    }

    /// The binding by the facts at hand; nil when they have been asked for.
    private func look(
        _ conversations: FactsCache<ConversationFacts>,
        _ state: ReadState,
        youngerThan: Int64
    ) -> Binding? {
        let (agent, customer, at) = (state.request.agent, state.request.customer, state.timestamp)
        let settings = core.settings.binding
        let grade: @Sendable (FactsCache<ConversationFacts>.Answer) -> Binding = { answer in
            switch answer {
            case .known(let facts):
                Binding(agent: agent, customer: customer, facts: facts, at: at.milliseconds, settings: settings)
            case .notFound: Binding(.conversationNotFound)
            case .failed: Binding(.lookupFailed)
            }
        }
        let (number, eventLoop) = (self.number, loop.loop)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        return conversations.answer(state.request.interaction, youngerThan: youngerThan) { answer in
            let binding = grade(answer)
            eventLoop.execute { bound.value.conversationArrived(binding, number: number) }
        }.map(grade)
    }

    private func lookUpRoles(_ state: ReadState) -> [String]? {
        guard let roles = core.roles else { return [] }
        let (number, eventLoop) = (self.number, loop.loop)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        return roles.answer(state.request.agent) { answer in
            eventLoop.execute { bound.value.rolesArrived(Self.names(answer), number: number) }
        }.map(Self.names)
    }

    private static func names(_ answer: FactsCache<[String]>.Answer) -> [String] {
        if case .known(let names) = answer { return names }
        return []
    }

    private func conversationArrived(_ binding: Binding, number: UInt64) {
        guard number == self.number, case .binding = stage, let read else {
            return loop.factsArrived(binding, number: number)
        }
        read.conversation = binding
        if read.platformRoles != nil { decide() }
    }

    private func rolesArrived(_ names: [String], number: UInt64) {
        guard number == self.number, case .binding = stage, let read else { return }
        read.platformRoles = names
        if read.conversation != nil { decide() }
    }

    func bindingLate() {
        guard let read else { return }
        if read.conversation == nil {
            read.conversation = Binding(.lookupLate)
            read.isLate = true
            loop.late[number] = LateRead(
                eventID: read.eventID,
                agent: read.request.agent,
                interaction: read.request.interaction,
                customer: read.request.customer
            )
        }
        decide()
    }

    // MARK: Decision

    private func decide() {
        guard let read else { return }
        if let conversation = read.conversation { read.binding = conversation }
        read.trace?.bound = .now()
        core.metrics.binding.observe(microseconds: Self.microseconds(since: read.started))
        core.metrics.count(read.binding.reason)
        read.restriction = core.restrictions.of(read.request.agent)
        let roles = loop.roles(of: read.request.agent, platformRoles: read.platformRoles ?? [])
        read.plan = loop.plan(
            route: read.prepared.number,
            purpose: read.purpose,
            grade: read.binding.grade,
            isMasked: read.restriction.contains(.maskOnly),
            roles: roles
        )
        guard let plan = read.plan else { return refuse(.policyDenied, .refused) }
        if plan.shadowDiffers { core.metrics.shadowDifferences.add() }
        if plan.differs { core.metrics.observedDifferences.add() }
        if read.overVelocity, read.route.velocity?.action == .block, read.route.mode == .enforce {
            return refuse(.velocityExceeded, .velocityExceeded)
        }
        if read.restriction.contains(.block) { return refuse(.agentContained, .contained) }
        if read.restriction.contains(.justify), read.request.reason == nil {
            return refuse(.justificationRequired, .contained)
        }
        if let problem = plan.problem { return refuse(problem, .refused) }
        fetch(fresh: false)
    }

    // MARK: Upstream

    private func fetch(fresh: Bool) {
        guard let read, let upstream = read.prepared.upstream else {
            return refuse(.upstreamUnavailable, .upstreamFailed)
        }
        if !fresh {
            let prepared = read.prepared
            read.upstreamStarted = .now()
            let latest = read.deadline - prepared.recordingMilliseconds
            read.upstreamDeadline = min(LoopContext.now() + prepared.upstreamMilliseconds, latest)
        }
        read.hasAskedUpstream = true
        stage = .upstream
        loop.pools[upstream].send(self, number: number, fresh: fresh)
    }

    func upstreamFailed(_ failure: UpstreamFailure, number: UInt64, mayRetry: Bool) {
        guard awaitsUpstream(number), let read else { return }
        // A kept connection that was closed before it answered says nothing about the request: one fresh attempt, if the
        // request may be repeated at all.
        if mayRetry, !read.retried, read.route.request.method == .get {
            read.retried = true
            return fetch(fresh: true)
        }
        switch failure {
        case .unavailable: refuse(.upstreamUnavailable, .upstreamFailed)
        case .broken: refuse(.upstreamError, .upstreamFailed)
        case .invalid: refuse(.upstreamInvalid, .upstreamFailed)
        case .tooLarge: refuse(.upstreamTooLarge, .upstreamFailed)
        }
    }

    func upstreamLate() {
        exchange?.abandon(late: true)
        refuse(.upstreamTimeout, .upstreamFailed)
    }

    func upstreamAnswered(_ answer: UpstreamAnswer, _ bytes: UnsafeRawBufferPointer, number: UInt64) {
        guard awaitsUpstream(number), let read, let plan = read.plan, let projection = plan.projection else { return }
        read.upstreamMicroseconds = Int64(Self.microseconds(since: read.upstreamStarted))
        core.metrics.upstream.observe(microseconds: UInt64(read.upstreamMicroseconds))
        switch answer.status {
        case 200: break
        case 404, 410: return refuse(.customerNotFound, .notFound)
        default: return refuse(.upstreamError, .upstreamFailed)
        }
        guard answer.isJSON, !answer.isEncoded else { return refuse(.upstreamInvalid, .upstreamFailed) }
        body.removeAll(keepingCapacity: body.capacity <= 1 << 18)
        let summary: ProjectionSummary
        do {
            summary = try project(bytes, by: projection, for: read)
        } catch {
            return refuse(.upstreamInvalid, .upstreamFailed)
        }
        if read.route.customerField != nil, summary.expectation != .met {
            body.removeAll(keepingCapacity: true)
            return refuse(.upstreamOtherCustomer, .upstreamFailed)
        }
        let manifest = AccessRecord.Manifest(
            summary: summary,
            values: loop.scratch.values,
            body: body,
            upstreamMicroseconds: read.upstreamMicroseconds,
            overVelocity: read.overVelocity,
            restriction: read.restriction
        )
        core.metrics.project.observe(microseconds: Self.microseconds(since: read.upstreamEnded))
        lookUpName(of: read, making: true)
        read.namePlace = accessRecord(read).writeAccessed(manifest, eventID: read.eventID, to: &loop.writer)
        record()
    }

    private func project(
        _ bytes: UnsafeRawBufferPointer,
        by plan: ProjectionPlan,
        for read: ReadState
    ) throws(ProjectionError) -> ProjectionSummary {
        guard let field = read.route.customerField else {
            return try plan.project(bytes, into: &body, scratch: &loop.scratch)
        }
        let customer = Array(read.request.customer.utf8)
        let result = customer.withUnsafeBytes { customer in
            Result { () throws(ProjectionError) in
                try plan.project(bytes, expecting: (field, customer), into: &body, scratch: &loop.scratch)
            }
        }
        return try result.get()
    }

    // MARK: The client

    func clientGone() {
        switch stage {
        case .receiving: break
        case .binding, .upstream:
            guard read != nil else { return }
            exchange?.abandon(late: false)
            refuse(nil, .clientGone)
        case .recording: break
        }
    }

    static func microseconds(since start: NIODeadline) -> UInt64 {
        UInt64(max(0, (NIODeadline.now() - start).nanoseconds / 1000))
    }
}
