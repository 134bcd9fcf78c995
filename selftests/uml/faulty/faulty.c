// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A module that does one wrong thing when it is loaded, to see that the debug
 * kernel sees it: "insmod faulty.ko fault=NAME".  For ../boot_test.sh only.
 */

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timer.h>

static char *fault = "";
module_param(fault, charp, 0444);
MODULE_PARM_DESC(fault, "what to do wrong");

struct thing {
	u8 octets[40];
	struct timer_list timer;
};

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static volatile unsigned int zero;
static void *volatile lost;

static void expired(struct timer_list *timer)
{
}

static void use_after_free(void)
{
	volatile u8 *p = kmalloc(40, GFP_KERNEL);

	kfree((void *)p);
	(void)p[7];
}

static void out_of_bounds(void)
{
	volatile u8 *p = kmalloc(40, GFP_KERNEL);

	p[40 + zero] = 1;
	kfree((void *)p);
}

static void leak(void)
{
	unsigned int i;

	/* Several: a stale pointer somewhere may hide one. */
	for (i = 0; i < 8; i++)
		lost = kmalloc(40, GFP_KERNEL);
	lost = NULL;
}

static void lock_order(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static void sleep_in_rcu(void)
{
	rcu_read_lock();
	mutex_lock(&first);
	mutex_unlock(&first);
	rcu_read_unlock();
}

static void rcu_unprotected(void)
{
	static void __rcu *pointer;

	(void)rcu_dereference(pointer);
}

static void free_active_timer(void)
{
	struct thing *thing = kzalloc(sizeof(*thing), GFP_KERNEL);

	timer_setup(&thing->timer, expired, 0);
	mod_timer(&thing->timer, jiffies + 1000 * HZ);
	kfree(thing);
}

static void shift(void)
{
	volatile int result = 1 << (64 + zero);

	(void)result;
}

static void refcount(void)
{
	refcount_t count = REFCOUNT_INIT(0);

	refcount_inc(&count);
}

static const struct {
	const char *name;
	void (*act)(void);
} faults[] = {
	{ "use-after-free", use_after_free },
	{ "out-of-bounds", out_of_bounds },
	{ "leak", leak },
	{ "lock-order", lock_order },
	{ "sleep-in-rcu", sleep_in_rcu },
	{ "rcu-unprotected", rcu_unprotected },
	{ "free-active-timer", free_active_timer },
	{ "shift", shift },
	{ "refcount", refcount },
};

static int __init faulty_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (!strcmp(fault, faults[i].name)) {
			faults[i].act();
			return 0;
		}
	}
	return strcmp(fault, "none") ? -EINVAL : 0;
}

static void __exit faulty_exit(void)
{
}

module_init(faulty_init);
module_exit(faulty_exit);
MODULE_DESCRIPTION("does one wrong thing");
MODULE_LICENSE("GPL");
